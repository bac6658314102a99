//! The software of both warehouses as a process, and what is asked of it: how people work there, and what goes wrong.

use crate::world::{Process, Store, told};
use serde_json::{Value, json};

/// People in a hurry, who count often.
pub fn hurry() -> Value {
    json!({
        "pick_ms_least": 0, "pick_ms_most": 300, "parts": 300, "return_ms": 200, "scrap": 150,
        "receive_every_ms": 500, "count_every_ms": 700, "tell_every_ms": 20, "poll_every_ms": 60,
        "retry_ms": 40,
    })
}

/// The same people when nothing goes wrong any more: nobody brings or counts anything unasked.
pub fn calm() -> Value {
    json!({
        "pick_ms_least": 0, "pick_ms_most": 20, "parts": 0, "return_ms": 50, "scrap": 0,
        "tell_every_ms": 20, "poll_every_ms": 50, "retry_ms": 20,
    })
}

/// Whatever can go wrong does so now and then.
pub fn faults() -> Value {
    json!({
        "lost_requests": 120, "lost_answers": 120, "duplicates": 150, "disorder": 400, "delays": 300,
        "delay_ms": 150, "slips": 100, "miscounts": 150,
    })
}

/// Nothing goes wrong.
pub fn no_faults() -> Value {
    json!({
        "lost_requests": 0, "lost_answers": 0, "duplicates": 0, "disorder": 0, "delays": 0, "slips": 0,
        "miscounts": 0,
    })
}

/// Has the software told by webhook as well; the secret.
pub async fn webhooks(store: &Store, address: &str) -> String {
    let url = format!("http://{address}/webhooks/store");
    let types = "allocation.created,allocation.cancelled,return.expected";
    let command = store.command(&["webhook", "add", "--url", &url, "--types", types]);
    let (code, said) = told(command).await;
    assert_eq!(code, Some(0), "{said}");
    said.lines().last().unwrap().to_owned()
}

/// The software of both warehouses in a process of its own.
pub fn start(
    store: &Store,
    keys: &[(&str, String)],
    address: &str,
    seed: u64,
    faults: &Value,
    habits: &Value,
) -> Process {
    let mut command = store.command(&["sandbox-wms", "--listen", address, "--store", &store.url]);
    command.args(["--warehouse", "berlin", "--warehouse", "lyon", "--source", "wms"]);
    command.args(["--seed", &seed.to_string(), "--faults", &faults.to_string()]);
    command.args(["--habits", &habits.to_string()]);
    command.arg("--state").arg(store.folder.join("wms.state"));
    Process::start(command.envs(keys.iter().cloned()))
}
