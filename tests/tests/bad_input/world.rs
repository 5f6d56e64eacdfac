//! Who takes part, and what there is to name: tasks in every state, resources, grants, sessions.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::client::{Caller, User};
use tests::stack::{Hosted, PRICE, Stack, core};

use crate::document::Operation;
use crate::forged;

/// One of the four callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Consumer,
    Owner,
    Admin,
}

impl Who {
    pub const ALL: [Self; 4] = [Self::Nobody, Self::Consumer, Self::Owner, Self::Admin];
}

/// Everything that exists when the first request is sent.
pub struct World {
    pub stack: Stack,
    consumer: User,
    owner: User,
    admin: User,
    tasks: Vec<String>,
    own_resources: Vec<String>,
    /// What an admin may spoil without spoiling the other callers' requests.
    spoilable: Spoilable,
    /// Every id there is.
    pub ids: Vec<String>,
    known: BTreeMap<&'static str, Vec<Value>>,
}

struct Spoilable {
    users: Vec<String>,
    grants: Vec<String>,
    resources: Vec<String>,
    models: Vec<String>,
    /// An owner's, to be deleted.
    doomed: Vec<String>,
}

const PENDING_TASKS: usize = 12;

impl World {
    pub async fn build() -> Self {
        let stack = Stack::builder()
            .schedulers(0)
            .setting("api", "AETHERFLOW_JWT_SECRET", forged::SECRET)
            .start()
            .await;
        let scene = stack.scene().await;
        let (consumer, owner, admin) = (scene.consumer, scene.owner, scene.admin);
        let stranger = stack.user("stranger").await;
        let victims = [stack.user("victim").await, stack.user("victim").await];
        for user in [&stranger, &victims[0], &victims[1], &owner] {
            admin.grant(user, "50").await;
            admin.grant(user, "7.5").await;
        }
        let completed = consumer.generate(&core("a red fox in snow")).await;
        let theirs = stranger.generate(&core("a stranger's fox")).await;
        assert_eq!((completed.status.as_str(), theirs.status.as_str()), ("completed", "completed"));
        // From now on tasks wait, and nothing happens by itself.
        stack.kill("worker-1");
        let mut tasks = vec![completed.id.clone()];
        for number in 0..PENDING_TASKS {
            tasks.push(consumer.submit(&core(&format!("waits, {number}"))).await.id);
        }
        let canceled = stranger.submit(&core("never")).await;
        stranger.cancel(&canceled).await.expect(200);

        let host = async |user: &User, price: &str| {
            let hosted: Hosted = stack.host(user, json!({}), price, &json!({})).await;
            hosted.resource.id
        };
        let own_resources = vec![scene.resource.id.clone(), host(&owner, PRICE).await];
        let doomed = vec![host(&owner, "0.7").await, host(&owner, "0.8").await];
        let resources = vec![host(&stranger, "0.6").await, host(&stranger, "0.9").await];
        let models = vec![model(&admin, "doomed-1").await, model(&admin, "doomed-2").await];
        let mut grants = Vec::new();
        for victim in &victims {
            grants.extend(victim.balance().await.grants.into_iter().map(|it| it.id));
        }
        let spoilable = Spoilable {
            users: victims.iter().map(|it| it.id.clone()).collect(),
            grants,
            resources,
            models,
            doomed,
        };
        let people = [&consumer, &owner, &admin, &stranger, &victims[0], &victims[1]];
        let known = known(&stack, &people, &scene.key.secret).await;
        let mut this = Self {
            stack,
            consumer,
            owner,
            admin,
            tasks,
            own_resources,
            spoilable,
            ids: Vec::new(),
            known,
        };
        let users = people_ids(&[&this.consumer, &this.owner, &this.admin, &stranger, &victims[0]]);
        this.ids = [
            users.as_slice(),
            &this.tasks,
            &[theirs.id, canceled.id],
            &this.own_resources,
            &this.spoilable.resources,
            &this.spoilable.grants,
        ]
        .concat();
        this
    }

    /// Values of a field or parameter that mean something.
    pub fn known(&self, name: &str) -> Option<&[Value]> {
        self.known.get(name).map(Vec::as_slice)
    }

    pub fn token(&self, who: Who) -> Option<&str> {
        match who {
            Who::Nobody => None,
            Who::Consumer => Caller::token(&self.consumer),
            Who::Owner => Caller::token(&self.owner),
            Who::Admin => Caller::token(&self.admin),
        }
    }

    /// Objects an operation is about, and its caller may well name. Where a success would spoil other
    /// callers' requests, only such as nobody else needs.
    pub fn objects(&self, operation: &Operation, who: Who, parameter: &str) -> &[String] {
        let (path, safe) = (operation.path.as_str(), operation.is_safe());
        let admin = who == Who::Admin;
        match parameter {
            "name" if admin && !safe => &self.spoilable.models,
            // A kind of job, as the schema says.
            "id" if path == "/api/admin/jobs/{id}" && !safe => &[],
            "id" | "user_id"
                if path.starts_with("/api/generate/task/") || path.contains("/jobs/") =>
            {
                &self.tasks
            }
            "id" if path.starts_with("/api/resource/") => match operation.method.as_str() {
                "DELETE" => &self.spoilable.doomed,
                _ => &self.own_resources,
            },
            "id" if path.starts_with("/api/admin/resources/") => &self.spoilable.resources,
            "id" if path.starts_with("/api/credits/grants/") => &self.spoilable.grants,
            "id" | "user_id" if admin && !safe => &self.spoilable.users,
            "id" | "user_id" => &self.ids,
            _ => &[],
        }
    }

    /// Ids that are not what the operation is about, or not the caller's.
    pub fn objects_of_others(&self, operation: &Operation, who: Who) -> &[String] {
        match who {
            // An admin could do what is asked to one of the other callers.
            Who::Admin if !operation.is_safe() => &self.tasks,
            _ => &self.ids,
        }
    }

    pub fn owner(&self) -> &User {
        &self.owner
    }

    pub fn consumer(&self) -> &User {
        &self.consumer
    }

    pub fn tasks(&self) -> &[String] {
        &self.tasks
    }

    pub fn own_resources(&self) -> &[String] {
        &self.own_resources
    }
}

fn people_ids(people: &[&User]) -> Vec<String> {
    people.iter().map(|it| it.id.clone()).collect()
}

/// A model that no other request uses.
async fn model(admin: &User, name: &str) -> String {
    let body = json!({
        "provider": "stability", "wire_name": name, "display_name": name, "units_per_image": "1",
        "aspect_ratios": ["1:1"], "output_formats": ["png"], "prompt_max_chars": 100,
        "prompt_languages": ["en"], "reason": "to be spoilt", "enabled": false,
    });
    admin.post("/api/admin/models", &body).await.expect(201);
    name.to_owned()
}

async fn known(
    stack: &Stack,
    people: &[&User],
    hosted: &str,
) -> BTreeMap<&'static str, Vec<Value>> {
    let [consumer, _, admin, .., victim] = people else { panic!("some people take part") };
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let body = json!({"email": victim.email, "password": victim.password});
        sessions.push(
            stack.anonymous().post("/api/auth/login", &body).await.expect(200)["refresh_token"]
                .take(),
        );
    }
    let mut cursors = vec![json!("x"), json!("AAAA"), json!("eyJhIjoxfQ")];
    for path in ["/api/wallet/transactions", "/api/generate/history"] {
        cursors
            .push(consumer.get(&format!("{path}?limit=1")).await.expect(200)["next_cursor"].take());
    }
    for path in
        ["/api/admin/audit-log", "/api/admin/users", "/api/admin/models", "/api/admin/transactions"]
    {
        cursors.push(admin.get(&format!("{path}?limit=1")).await.expect(200)["next_cursor"].take());
    }
    let mut keys = vec![json!(hosted), json!(stack.unknown_key().secret)];
    for _ in 0..3 {
        keys.push(json!(stack.key(json!({})).await.secret));
    }
    // Every password that is judged costs 30 ms, so most requests end before that.
    let emails = ["nobody@example.com", "Fresh@Example.com", "no address", "none", "@", ""];
    let emails = [&victim.email].into_iter().map(|it| json!(it)).chain(emails.map(|it| json!(it)));
    BTreeMap::from([
        ("provider", vec![json!("stability")]),
        ("name", vec![json!("core"), json!("ultra"), json!("a name")]),
        (
            "model",
            vec![
                json!("stability/core"),
                json!("auto"),
                json!("stability/ultra"),
                json!("openai/x"),
            ],
        ),
        ("aspect_ratio", vec![json!("1:1"), json!("16:9"), json!("7:3")]),
        ("output_format", vec![json!("png"), json!("webp"), json!("gif")]),
        ("style_preset", vec![json!("anime"), json!("cubism")]),
        ("aspect_ratios", vec![json!(["1:1"]), json!(["1:1", "16:9"])]),
        ("output_formats", vec![json!(["png"]), json!(["tiff"])]),
        ("prompt_languages", vec![json!(["en"]), json!(["tlh"])]),
        ("style_presets", vec![json!(["anime"])]),
        ("prompt_max_chars", vec![json!(100), json!(10_000)]),
        ("api_key", keys),
        ("refresh_token", sessions),
        ("email", emails.collect()),
        ("password", vec![json!("short"), json!("short"), json!(victim.password)]),
        ("new", vec![json!("short"), json!("shorter"), json!("longer than that")]),
        ("current", vec![json!("not my password")]),
        ("wait", vec![json!(0)]),
        ("token", vec![json!("x"), json!("1999999999.AAAA")]),
        ("cursor", cursors),
        ("kind", vec![json!("generate-image"), json!("settle")]),
        ("action", vec![json!("credits.add")]),
        ("attestation", vec![json!(true), json!(true), json!(false)]),
    ])
}
