//! `GET /api/generate/history`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, TaskFilter, TaskStatus, WORD_CHARS_MAX, WORDS_MAX},
};

use super::task_view::TaskView;
use crate::{
    auth::Caller,
    extract::{Between, Parameters, Text, Word},
    problem::{Fail, Problem},
    response::{Page, Paging, Reply},
    routes::Tag,
    state::App,
};

/// The caller's tasks.
pub struct History;

/// Which tasks to list.
#[derive(Debug, Object, Deserialize)]
struct TaskQuery {
    /// Only tasks with this status.
    status: Option<Word<TaskStatus>>,
    /// Only tasks that were submitted for this model, or made with it.
    model: Option<Text<1, 100>>,
    /// Only tasks with all these words, or parts of words, in the prompt, in whatever case; at most eight, each of at
    /// most 32 characters. One request looks at 250 tasks: a page may then be short, or empty, and still have a
    /// `next_cursor`, which leads on.
    q: Option<Text<1, 200>>,
    /// `true`: only favorites; `false`: only others.
    favorite: Option<bool>,
    /// `true`: only tasks that you hid, which are left out otherwise.
    hidden: Option<bool>,
}

impl TaskQuery {
    fn within(self, between: Between) -> Result<TaskFilter, Problem> {
        let words: Vec<String> =
            self.q.iter().flat_map(|it| it.split_whitespace()).map(str::to_owned).collect();
        if words.len() > WORDS_MAX {
            let detail = format!("has {} words, but may have at most {WORDS_MAX}", words.len());
            return Err(Problem::invalid_field("q", detail));
        }
        if words.iter().any(|it| it.chars().count() > WORD_CHARS_MAX) {
            let detail = format!(
                "has a word of more than {WORD_CHARS_MAX} characters; search for a part of it"
            );
            return Err(Problem::invalid_field("q", detail));
        }
        let (from, to) = between.bounds()?;
        Ok(TaskFilter {
            status: self.status.map(Word::value),
            model: self.model.map(Text::into_string),
            from,
            to,
            favorite: self.favorite,
            hidden: self.hidden.unwrap_or_default(),
            words,
        })
    }
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl History {
    /// List your tasks, newest first.
    ///
    /// Tasks that you hid are left out, unless you ask for them with `hidden=true`.
    #[oai(path = "/history", method = "get", operation_id = "list_tasks")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(query): Parameters<TaskQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<TaskView>>, Fail> {
        let filter = query.within(between)?;
        let (before, rows) = (paging.position()?, paging.rows());
        let mut conn = app.db.acquire().await?;
        let found = tasks::list(&mut conn, caller.user_id, &filter, before, rows).await?;

        let now = unix_seconds();
        let view = |task| TaskView::of(task, &app.generation.links, now);
        let page = Page::with(found.tasks, &paging, |it| it.id, view);
        Ok(Reply::new(&page.leading_on(found.stopped_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Timestamp;

    fn search(q: &str) -> Result<TaskFilter, Problem> {
        let q = Some(q.parse().unwrap());
        let query = TaskQuery { status: None, model: None, q, favorite: None, hidden: None };
        query.within(Between::default())
    }

    #[test]
    fn a_search_has_at_most_eight_words_of_at_most_32_characters() {
        assert_eq!(search(" a  b ").unwrap().words, ["a", "b"]);
        assert!(search("a b c d e f g h").is_ok() && search(&"狐".repeat(32)).is_ok());
        for (q, limit) in [("a b c d e f g h i", "at most 8"), (&*"狐".repeat(33), "32 characters")]
        {
            let errors = search(q).unwrap_err().into_errors();
            assert_eq!(errors[0].field, "q");
            assert!(errors[0].detail.contains(limit), "{}", errors[0].detail);
        }
    }

    #[test]
    fn a_history_that_runs_backwards_is_refused() {
        let at = |text: &str| Some(Timestamp(text.parse().unwrap()));
        let between = Between { from: at("2026-01-02T00:00:00Z"), to: at("2026-01-01T00:00:00Z") };
        let query = TaskQuery { status: None, model: None, q: None, favorite: None, hidden: None };

        let errors = query.within(between).unwrap_err().into_errors();

        assert_eq!(errors[0].field, "from");
    }
}
