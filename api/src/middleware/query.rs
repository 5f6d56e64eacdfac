//! The query check: the framework ignores unknown parameters, so they are refused here, by name.

use std::{borrow::Cow, collections::HashSet};

use super::table::Operation;
use crate::problem::{FieldError, FieldFault, Problem};

const IMAGE_LINK: &str = "/api/generate/task/{id}/image";

/// Refuses unknown parameters, repeated ones, and U+0000, which no column can hold.
pub(super) fn check(
    operation: &Operation,
    query: &[(Cow<'_, str>, Cow<'_, str>)],
) -> Result<(), Problem> {
    // Links to images are passed on by programs that add parameters of their own.
    let foreign_may_come = operation.template == IMAGE_LINK;
    let mut seen = HashSet::new();
    let mut errors = Vec::new();
    for (name, value) in query {
        let refused = match operation.query.get(name.as_ref()) {
            None if foreign_may_come => None,
            None => Some((FieldFault::Unknown, "there is no parameter of this name")),
            Some(false) if !seen.insert(name.as_ref()) => {
                Some((FieldFault::Duplicate, "may be given only once"))
            }
            Some(_) if value.contains('\0') => {
                Some((FieldFault::Invalid, "must not contain the character U+0000"))
            }
            Some(_) => None,
        };
        errors.extend(refused.map(|(code, detail)| FieldError::new(name.as_ref(), code, detail)));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &[(&'static str, &'static str)]) -> Vec<(String, FieldFault)> {
        refused_at("/api/list", query)
    }

    fn refused_at(
        template: &str,
        query: &[(&'static str, &'static str)],
    ) -> Vec<(String, FieldFault)> {
        let operation = Operation {
            template: template.to_owned(),
            query: [("limit".to_owned(), false), ("tag".to_owned(), true)].into(),
            statuses: vec![],
        };
        let query: Vec<_> =
            query.iter().map(|(name, value)| (Cow::from(*name), Cow::from(*value))).collect();
        match check(&operation, &query) {
            Ok(()) => Vec::new(),
            Err(problem) => {
                problem.into_errors().into_iter().map(|it| (it.field, it.code.value())).collect()
            }
        }
    }

    #[test]
    fn known_parameters_pass_and_lists_may_repeat() {
        assert_eq!(refused(&[("limit", "5"), ("tag", "a"), ("tag", "b")]), []);
    }

    #[test]
    fn a_link_to_an_image_takes_what_others_add_to_it() {
        assert_eq!(refused_at(IMAGE_LINK, &[("utm_source", "x"), ("limit", "5")]), []);
    }

    #[test]
    fn every_unknown_parameter_is_named() {
        assert_eq!(
            refused(&[("limti", "5"), ("offset", "1")]),
            [("limti".to_owned(), FieldFault::Unknown), ("offset".to_owned(), FieldFault::Unknown)]
        );
    }

    #[test]
    fn a_parameter_given_twice_or_with_a_nul_is_refused() {
        assert_eq!(
            refused(&[("limit", "1"), ("limit", "2")]),
            [("limit".to_owned(), FieldFault::Duplicate)]
        );
        assert_eq!(refused(&[("tag", "a\0")]), [("tag".to_owned(), FieldFault::Invalid)]);
    }
}
