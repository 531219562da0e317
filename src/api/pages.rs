//! The web app, out of the binary.
//!
//! In: a path that no resource of the API has. Out: the file of `web/dist` there, or the page that shows every
//! address of the app. Files with a hash in their name are kept by browsers for good; the page never. Scripts come
//! from here alone, and styles made by scripts carry a nonce that is drawn for each answer.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::ApiError;

/// What `npm run build` made. A debug build reads it from the folder at each request.
#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Dist;

const PAGE: &str = "index.html";
/// Stands in the page where the nonce goes.
const NONCE: &str = "{nonce}";
/// Names under here change with what is in them.
const HASHED: &str = "assets/";
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers what the API did not.
pub(super) async fn pages(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let of_api = path == "api" || path.starts_with("api/");
    if of_api || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::not_found("route", "接口不存在").into_response();
    }
    // `.vite/` says how the app was built: nobody's business.
    let shown = path != PAGE && !path.starts_with('.') && !path.ends_with(".br");
    match Dist::get(path).filter(|_| shown) {
        Some(file) => asset(path, &file, request.headers()),
        None if path.starts_with(HASHED) => {
            ApiError::not_found("file", "文件不存在").into_response()
        }
        None => page(),
    }
}

fn asset(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let brotli = accepts_brotli(headers).then(|| Dist::get(&format!("{path}.br"))).flatten();
    let kind = kind(path);
    let cache = if path.starts_with(HASHED) { FOR_GOOD } else { ASK };
    let fixed = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)];
    let vary = [(header::VARY, HeaderValue::from_static("accept-encoding"))];
    let tag = [(header::ETAG, tag(file))];
    match brotli {
        Some(packed) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (fixed, vary, tag, encoding, Body::from(packed.data.into_owned())).into_response()
        }
        None => (fixed, vary, tag, Body::from(file.data.clone().into_owned())).into_response(),
    }
}

fn page() -> Response {
    let Some(page) = Dist::get(PAGE) else {
        return ApiError::internal("the web app has no index.html").into_response();
    };
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let html = String::from_utf8_lossy(&page.data).replace(NONCE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("letters, digits and marks");
    let html_type = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, html_type), (header::CONTENT_SECURITY_POLICY, policy)];
    (StatusCode::OK, headers, html).into_response()
}

fn kind(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    })
}

fn tag(file: &EmbeddedFile) -> HeaderValue {
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..12] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    HeaderValue::try_from(tag).expect("digits")
}

/// Every browser that the app runs in does, over https and on this machine.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let value = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "br" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, encoding: &str) -> Response {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, encoding);
        pages(request.body(Body::empty()).unwrap()).await
    }

    fn script() -> String {
        let name = Dist::iter().find(|name| name.starts_with(HASHED) && name.ends_with(".js"));
        format!("/{}", name.unwrap())
    }

    #[tokio::test]
    async fn every_address_of_the_app_shows_the_page_and_no_address_of_the_api_does() {
        for (path, status, kind) in [
            ("/", 200, "text/html; charset=utf-8"),
            ("/calls/018f-1?t=12.5", 200, "text/html; charset=utf-8"),
            ("/index.html", 200, "text/html; charset=utf-8"),
            ("/icon.svg", 200, "image/svg+xml"),
            ("/assets/none.js", 404, "application/problem+json"),
            ("/api/v1/none", 404, "application/problem+json"),
            ("/.vite/manifest.json", 200, "text/html; charset=utf-8"),
        ] {
            let response = get(path, "").await;
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], kind, "{path}");
        }
    }

    #[tokio::test]
    async fn each_page_has_a_nonce_of_its_own_and_the_policy_names_it() {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let response = get("/", "").await;
            let policy =
                response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            let html = String::from_utf8(body.to_vec()).unwrap();
            let nonce = html.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
            seen.push(nonce.to_owned());
        }
        assert_ne!(seen[0], seen[1]);
    }

    #[tokio::test]
    async fn scripts_are_handed_out_packed_to_who_takes_them_and_kept_for_good() {
        for (encoding, packed) in [("gzip, br", true), ("gzip", false), ("br;q=0", false)] {
            let response = get(&script(), encoding).await;
            let headers = response.headers();
            assert_eq!(headers.contains_key(header::CONTENT_ENCODING), packed, "{encoding}");
            assert_eq!(headers[header::CACHE_CONTROL], FOR_GOOD);
        }
    }
}
