//! What the page is made of.

use super::super::problem::Code;
use accounts::Scope;
use leptos::prelude::*;
use serde_json::Value;

/// The whole page.
pub fn page(document: &Value, style: &'static str) -> impl IntoView + use<> {
    let about = text(&document["info"]["description"]);
    let server = text(&document["servers"][0]["url"]);
    let call = format!(
        "curl {server}/api/v1/inventory/levels?limit=10 \\\n  -H 'Authorization: Bearer vtr_sk_…'"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <title>"API – Vitrine"</title>
                <style inner_html=style></style>
            </head>
            <body>
                <main>
                    <h1>"Vitrine for programs"</h1>
                    <p>{prose(&about)}</p>
                    <p>
                        "The same for programs: " <a href="/api/openapi.json">"/api/openapi.json"</a>
                        " (OpenAPI 3.1)."
                    </p>
                    <pre tabindex="0"><code>{call}</code></pre>
                    {operations(document)}
                    {shapes(document)}
                    {scopes()}
                    {codes()}
                </main>
            </body>
        </html>
    }
}

/// Each endpoint: what it does, what it takes, what it gives.
fn operations(document: &Value) -> Vec<AnyView> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        let known = |method: &str| matches!(method, "get" | "put" | "post" | "patch" | "delete");
        methods
            .filter(move |(method, _)| known(method))
            .map(move |(method, operation)| endpoint(&method.to_uppercase(), path, operation))
    });
    operations.collect()
}

fn endpoint(method: &str, path: &str, operation: &Value) -> AnyView {
    let scope = text(&operation["security"][0]["key"][0]);
    let takes = operation["requestBody"]["content"]["application/json"].get("schema").map(kind);
    let parameters: Vec<_> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| {
            let needed = parameter["required"] == true;
            let schema = &parameter["schema"];
            let words = parameter.get("description").unwrap_or(&schema["description"]);
            row(text(&parameter["name"]), needed, schema, text(words))
        })
        .collect();
    let answers: Vec<_> = operation["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, response)| {
            view! { <tr><td><code>{status.clone()}</code></td><td>{prose(&text(&response["description"]))}</td></tr> }
        })
        .collect();
    view! {
        <section>
            <h2><span>{method.to_owned()}</span>" "<code>{path.to_owned()}</code></h2>
            <p>{text(&operation["summary"])}</p>
            <p>{prose(&text(&operation["description"]))}</p>
            <p>"Scope: "<code>{scope}</code></p>
            {takes.map(|takes| view! { <p>"Body: "{takes}</p> })}
            {(!parameters.is_empty()).then(|| view! { <table><tbody>{parameters}</tbody></table> })}
            <table><tbody>{answers}</tbody></table>
        </section>
    }
    .into_any()
}

/// The shapes of what is sent and given.
fn shapes(document: &Value) -> impl IntoView + use<> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let shapes: Vec<_> = schemas.map(|(name, schema)| shape(name, schema)).collect();
    view! { <section><h2>"Shapes"</h2>{shapes}</section> }
}

fn shape(name: &str, schema: &Value) -> AnyView {
    let needed = |name: &str| {
        schema["required"].as_array().is_some_and(|needed| needed.iter().any(|known| known == name))
    };
    let fields: Vec<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, field)| row(name.clone(), needed(name), field, text(&field["description"])))
        .collect();
    let values = schema["enum"]
        .as_array()
        .map(|values| values.iter().map(text).collect::<Vec<_>>().join(", "));
    view! {
        <h3 id=format!("shape-{name}")>{name.to_owned()}</h3>
        <p>{prose(&text(&schema["description"]))}</p>
        {values.map(|values| view! { <p><code>{values}</code></p> })}
        {(!fields.is_empty()).then(|| view! { <table><tbody>{fields}</tbody></table> })}
    }
    .into_any()
}

fn row(name: String, needed: bool, schema: &Value, words: String) -> AnyView {
    view! {
        <tr>
            <td><code>{name}</code>{needed.then_some(" *")}</td>
            <td>{kind(schema)}</td>
            <td>{prose(&words)}</td>
        </tr>
    }
    .into_any()
}

/// What a value is, with its limits.
fn kind(schema: &Value) -> AnyView {
    if let Some(name) = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        return view! { <a href=format!("#shape-{name}")>{name.to_owned()}</a> }.into_any();
    }
    let one_of = schema["oneOf"].as_array().into_iter().flatten();
    if let Some(shape) = one_of.into_iter().find(|shape| shape.get("$ref").is_some()) {
        return view! { {kind(shape)}" or null" }.into_any();
    }
    let named = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind),
    };
    let limits = [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("maxLength", "characters at most:"),
        ("minItems", "at least"),
        ("maxItems", "at most"),
        ("default", "by default"),
        ("pattern", "as"),
    ];
    let limits = limits.iter().filter_map(|(key, words)| Some((words, schema.get(key)?)));
    let limits: String =
        limits.map(|(words, value)| format!(", {words} {}", text(value))).collect();
    match schema.get("items") {
        Some(items) => view! { {named}" of "{kind(items)}{limits} }.into_any(),
        None => view! { {named}{limits} }.into_any(),
    }
}

fn scopes() -> impl IntoView + use<> {
    let row = |(scope, name): (Scope, &'static str)| {
        let who = if scope.is_harmless() { "any key" } else { "secret keys only" };
        view! { <tr><td><code>{name}</code></td><td>{who}</td></tr> }
    };
    view! {
        <section><h2>"Scopes"</h2><table><tbody>{Scope::ALL.map(row).collect_view()}</tbody></table></section>
    }
}

fn codes() -> impl IntoView + use<> {
    let row = |(_, name, status, title): (Code, &'static str, http::StatusCode, &'static str)| {
        view! {
            <tr id=name>
                <td><code>{name}</code></td><td>{status.as_u16()}</td><td>{title}</td>
            </tr>
        }
    };
    view! {
        <section>
            <h2>"Codes of problems"</h2>
            <table><tbody>{Code::ALL.map(row).collect_view()}</tbody></table>
        </section>
    }
}

/// A description, in which code stands between backquotes.
fn prose(words: &str) -> Vec<AnyView> {
    let parts = words.split('`').map(str::to_owned).enumerate();
    parts
        .map(|(at, part)| match at % 2 {
            0 => part.into_any(),
            _ => view! { <code>{part}</code> }.into_any(),
        })
        .collect()
}

/// A value in words.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
