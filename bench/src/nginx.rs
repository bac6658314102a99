//! The reference for pages: nginx, which serves the very same bytes from the disk and knows nothing
//! of a shop. It has a configuration of its own in a temporary folder and ends with this program.

use crate::cpu::Program;
use anyhow::{Context, ensure};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::TcpStream, time::sleep};

/// Where distributions put the program and its modules.
const PROGRAMS: [&str; 2] = ["/usr/sbin/nginx", "/usr/bin/nginx"];
const BROTLI: [&str; 2] = [
    "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so",
    "/usr/share/nginx/modules/ngx_http_brotli_static_module.so",
];
const MISSING: &str = "is not installed: run scripts/toolchain.sh bench";

/// A running nginx that serves one page, which is brotli alone.
pub struct Nginx {
    child: Child,
    /// Kept as long as it runs.
    _folder: Folder,
    /// Where it answers.
    pub url: String,
}

/// A folder that goes when nobody needs it any more.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Nginx {
    /// Starts it with this body as its page and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, its port is taken, or it does not start.
    pub async fn start(port: u16, brotli: &[u8]) -> anyhow::Result<Self> {
        let program = existing(&PROGRAMS).with_context(|| format!("nginx {MISSING}"))?;
        let module =
            existing(&BROTLI).with_context(|| format!("nginx's brotli module {MISSING}"))?;
        let address = format!("127.0.0.1:{port}");
        ensure!(
            TcpStream::connect(&address).await.is_err(),
            "port {port}, meant for nginx, is taken"
        );
        let folder = furnish(module, &address, brotli).context("nginx's folder")?;
        // Whatever becomes of this program, nginx is told to end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", program, "-c", "nginx.conf", "-e", "stderr", "-p"])
            .arg(&folder.0)
            .stdin(Stdio::null())
            .spawn()
            .context("setpriv could not be started")?;
        let mut nginx = Self { child, _folder: folder, url: format!("http://{address}") };
        for _ in 0..100 {
            if let Some(status) = nginx.child.try_wait()? {
                anyhow::bail!("nginx ended at once: {status}");
            }
            if TcpStream::connect(&address).await.is_ok() {
                return Ok(nginx);
            }
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("nginx does not answer at {address}")
    }

    /// Its processes.
    pub fn program(&self) -> Program {
        Program { name: "nginx", pid: self.child.id() }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Asked and not killed, or its workers would go on without it.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_ok_and(|status| status.success()) {
            let _ = self.child.wait();
        }
    }
}

fn existing(paths: &[&'static str]) -> Option<&'static str> {
    paths.iter().find(|path| Path::new(path).exists()).copied()
}

fn furnish(module: &str, address: &str, brotli: &[u8]) -> io::Result<Folder> {
    let folder = std::env::temp_dir().join(format!("vitrine-bench-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let folder = Folder(folder);
    let site = folder.0.join("site");
    fs::create_dir(&site)?;
    fs::write(site.join("page.html.br"), brotli)?;
    fs::write(folder.0.join("nginx.conf"), configuration(module, address))?;
    // Started by root, nginx reads as nobody.
    for (path, mode) in [(&folder.0, 0o755), (&site, 0o755), (&site.join("page.html.br"), 0o644)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(folder)
}

fn configuration(module: &str, address: &str) -> String {
    format!(
        "load_module {module};
daemon off;
worker_processes auto;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  types {{ text/html html; }}
  server {{
    listen {address};
    root site;
    brotli_static always;
  }}
}}
"
    )
}
