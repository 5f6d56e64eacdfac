//! The paths and methods there are, and what each takes, as the document says. The framework does not tell
//! a route's template, its query parameters and its statuses.

use std::collections::{BTreeMap, HashMap};

use poem::http::Method;
use serde_json::Value;

/// An operation of the document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// `/api/generate/task/{id}`: the label of metrics and logs.
    pub template: String,
    /// The query parameters it takes, and whether each may be given several times.
    pub query: BTreeMap<String, bool>,
    /// The statuses it declares.
    pub statuses: Vec<u16>,
}

/// What a request's path and method lead to.
pub(super) enum Lookup<'a> {
    Found(&'a Operation),
    /// The path exists, but only with these methods.
    OtherMethods(Vec<Method>),
    Unknown,
    /// No operation's path begins like this.
    Foreign,
}

/// A tree of path segments. A fixed segment takes precedence over a parameter.
#[derive(Debug, Default)]
pub struct RouteTable {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    fixed: HashMap<String, Node>,
    parameter: Option<Box<Node>>,
    methods: Vec<(Method, Operation)>,
}

impl RouteTable {
    /// Every operation of an OpenAPI document, and the paths in `plain`, which are not in it and take GET.
    pub fn new(document: &Value, plain: &[&str]) -> Self {
        let mut table = Self::default();
        let paths = document["paths"].as_object().into_iter().flatten();
        for (template, methods) in paths {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let Ok(method) = method.to_uppercase().parse() else { continue };
                table.insert(method, read_operation(template, operation));
            }
        }
        for path in plain {
            let (template, query) = ((*path).to_owned(), BTreeMap::new());
            table.insert(Method::GET, Operation { template, query, statuses: vec![200, 404] });
        }
        table
    }

    pub(super) fn find(&self, method: &Method, path: &str) -> Lookup<'_> {
        // What can be read with GET can be asked for with HEAD.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let segments: Vec<&str> = segments(path).collect();
        let Some(node) = self.root.find(&segments) else { return self.root.miss(&segments) };
        match node.methods.iter().find(|(own, _)| own == method) {
            Some((_, operation)) => Lookup::Found(operation),
            None => Lookup::OtherMethods(node.allowed()),
        }
    }

    fn insert(&mut self, method: Method, operation: Operation) {
        let template = operation.template.clone();
        let node = segments(&template).fold(&mut self.root, |node, segment| {
            if segment.starts_with('{') {
                node.parameter.get_or_insert_default()
            } else {
                node.fixed.entry(segment.to_owned()).or_default()
            }
        });
        node.methods.push((method, operation));
    }
}

impl Node {
    fn allowed(&self) -> Vec<Method> {
        let mut methods: Vec<_> = self.methods.iter().map(|(method, _)| method.clone()).collect();
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods
    }

    /// A path that begins like an operation's is a mistake in calling the API, and nothing else answers it.
    fn miss(&self, segments: &[&str]) -> Lookup<'_> {
        match segments.first() {
            Some(first) if self.fixed.contains_key(*first) => Lookup::Unknown,
            _ => Lookup::Foreign,
        }
    }

    fn find(&self, segments: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = segments.split_first() else {
            return (!self.methods.is_empty()).then_some(self);
        };
        let fixed = self.fixed.get(*first).and_then(|node| node.find(rest));
        fixed.or_else(|| {
            let parameter = self.parameter.as_ref().filter(|_| !first.is_empty())?;
            parameter.find(rest)
        })
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn read_operation(template: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let repeats = |it: &Value| it["schema"]["type"] == "array" && it["explode"] != false;
    let query = parameters
        .filter(|it| it["in"] == "query")
        .filter_map(|it| Some((it["name"].as_str()?.to_owned(), repeats(it))));
    let statuses = operation["responses"].as_object().into_iter().flatten();
    Operation {
        template: template.to_owned(),
        query: query.collect(),
        statuses: statuses.filter_map(|(status, _)| status.parse().ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table() -> RouteTable {
        let document = json!({"paths": {
            "/api/task/{id}": {"get": {
                "parameters": [
                    {"in": "query", "name": "wait", "schema": {"type": "integer"}},
                    {"in": "query", "name": "tag", "schema": {"type": "array"}},
                    {"in": "path", "name": "id"},
                ],
                "responses": {"200": {}, "404": {}},
            }, "put": {}},
            "/api/task/{id}/image": {"get": {}},
            "/api/task/all": {"get": {}},
        }});
        RouteTable::new(&document, &["/docs"])
    }

    fn found(method: &Method, path: &str) -> Option<String> {
        match table().find(method, path) {
            Lookup::Found(operation) => Some(operation.template.clone()),
            Lookup::OtherMethods(_) | Lookup::Unknown | Lookup::Foreign => None,
        }
    }

    #[test]
    fn paths_lead_to_their_template_and_fixed_segments_win() {
        assert_eq!(found(&Method::GET, "/api/task/7").unwrap(), "/api/task/{id}");
        assert_eq!(found(&Method::HEAD, "/api/task/7/image").unwrap(), "/api/task/{id}/image");
        assert_eq!(found(&Method::GET, "/api/task/all").unwrap(), "/api/task/all");
        assert_eq!(found(&Method::GET, "/docs").unwrap(), "/docs");
        for path in ["/api/task", "/api/task/", "/api/task/7/", "/", "", "/api/task/7/image/x"] {
            assert_eq!(found(&Method::GET, path), None, "{path}");
        }
    }

    #[test]
    fn a_known_path_names_its_methods_to_a_wrong_one() {
        let table = table();
        let Lookup::OtherMethods(methods) = table.find(&Method::DELETE, "/api/task/7") else {
            panic!("the path exists");
        };

        assert_eq!(methods, [Method::GET, Method::PUT, Method::HEAD]);
    }

    #[test]
    fn only_what_begins_like_no_operation_is_foreign() {
        let table = table();
        for own in ["/api", "/api/", "/api/nope", "/api/task/7/nope", "/docs/", "/docs/x.js"] {
            assert!(matches!(table.find(&Method::GET, own), Lookup::Unknown), "{own}");
        }
        for foreign in ["/", "", "/generate", "/apis", "/assets/x.js", "//api"] {
            assert!(matches!(table.find(&Method::GET, foreign), Lookup::Foreign), "{foreign}");
        }
    }

    #[test]
    fn an_operation_knows_its_query_parameters_and_statuses() {
        let table = table();
        let Lookup::Found(operation) = table.find(&Method::GET, "/api/task/7") else {
            panic!("the path exists");
        };

        assert_eq!(operation.statuses, [200, 404]);
        assert_eq!(operation.query.get("wait"), Some(&false));
        assert_eq!(operation.query.get("tag"), Some(&true));
        assert!(!operation.query.contains_key("id"));
    }
}
