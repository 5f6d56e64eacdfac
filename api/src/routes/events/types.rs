//! Which types of events a stream tells.

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use shared::vocabulary::Vocabulary;

use crate::{
    extract::string_input,
    streams::{EventType, EventTypes},
};

/// Types of events, with commas between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeList(pub EventTypes);

fn parse(text: &str) -> Result<TypeList, String> {
    let types: Result<Vec<EventType>, _> = text.split(',').map(EventType::of_word).collect();
    types.map(|it| TypeList(EventTypes::of(it))).map_err(|error| format!("each word {error}"))
}

fn write(list: TypeList) -> String {
    let words = EventType::ALL.iter().filter(|it| list.0.has(**it)).map(|it| it.as_str());
    words.collect::<Vec<_>>().join(",")
}

string_input!(
    TypeList,
    parse,
    |it| write(*it),
    MetaSchema {
        min_items: Some(1),
        items: Some(Box::new(MetaSchemaRef::Reference(EventType::NAME.to_owned()))),
        ..MetaSchema::new("array")
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_words_between_commas() {
        let list = parse("balance,task.failed").unwrap();

        assert!(list.0.has(EventType::Balance) && list.0.has(EventType::TaskFailed));
        assert!(!list.0.has(EventType::TaskCompleted));
        for text in ["", "balance,", "task", "balance, task.failed"] {
            assert!(parse(text).unwrap_err().contains("task.completed"), "{text}");
        }
    }
}
