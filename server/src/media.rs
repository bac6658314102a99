//! Files whose address says what is in them: pictures, style, scripts, WebAssembly. They never change
//! under their address, so a browser keeps them for a year. Only while the store is being worked on do
//! style and scripts have plain names; then a browser asks each time whether they changed.

use crate::{config::Settings, guard::problem, site};
use axum::{
    Router,
    extract::{Path, State},
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use catalogue::MediaStore;
use tower::ServiceBuilder;
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_UNASKED: HeaderValue = HeaderValue::from_static("no-cache");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// `/pkg/…` and the few files at fixed addresses (icon, fonts).
pub fn files(settings: &Settings) -> Router {
    let site = &settings.server.site_root;
    let folder = |name: &str, how_long: HeaderValue| {
        ServiceBuilder::new()
            .map_response(move |response| kept(response, how_long.clone()))
            .service(
                ServeDir::new(site.join(name))
                    .precompressed_br()
                    .precompressed_zstd()
                    .precompressed_gzip(),
            )
    };
    let built = if site::is_hashed() { FOR_EVER } else { NOT_UNASKED };
    let icon = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, FOR_A_DAY))
        .service(ServeFile::new(site.join("favicon.svg")));
    Router::new()
        .nest_service("/pkg", folder(site::FOLDER, built))
        .nest_service("/fonts", folder("fonts", FOR_EVER))
        .route_service("/favicon.svg", icon)
}

/// `/media/…`
pub fn pictures(settings: &Settings) -> anyhow::Result<Router> {
    let pictures = MediaStore::local(&settings.media.dir)?;
    Ok(Router::new().route("/media/{*name}", get(picture).with_state(pictures)))
}

/// Only what is there may be kept: a file that is missing now may come with the next release.
fn kept<B>(mut response: http::Response<B>, how_long: HeaderValue) -> http::Response<B> {
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(CACHE_CONTROL, how_long);
    }
    response
}

/// `GET /media/{hash}/{name}-{width}.{webp|jpg}`
async fn picture(State(pictures): State<MediaStore>, Path(name): Path<String>) -> Response {
    match pictures.file(&name).await {
        Ok(Some(file)) => {
            let kind = HeaderValue::from_static(file.content_type);
            let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_EVER)];
            (headers, file.bytes).into_response()
        }
        Ok(None) => problem(StatusCode::NOT_FOUND, "not_found", "There is no such picture."),
        Err(error) => {
            tracing::error!(%error, name, "a picture could not be read");
            problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.")
        }
    }
}
