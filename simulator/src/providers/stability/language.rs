//! "English is the only supported language": judged by script, as no dictionary is at hand.

/// Whether a prompt is written mainly in letters other than Latin ones. Prompts without letters
/// pass.
pub fn is_foreign(prompt: &str) -> bool {
    let letters = prompt.chars().filter(|c| c.is_alphabetic());
    let (latin, other) = letters.fold((0_usize, 0_usize), |(latin, other), letter| {
        if is_latin(letter) { (latin + 1, other) } else { (latin, other + 1) }
    });
    other > latin
}

/// Latin letters with and without accents, of full width too.
fn is_latin(letter: char) -> bool {
    matches!(letter, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF5A}')
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn prompts_mainly_of_other_letters_are_foreign() {
        for prompt in ["一只猫", "кошка на крыше", "a 一只在屋顶上的猫", "ネコ", "قطة"]
        {
            assert!(is_foreign(prompt), "{prompt}");
        }
    }

    #[test]
    fn english_with_foreign_words_accents_or_no_letters_passes() {
        for prompt in ["a cat on a roof", "a café à Paris, déjà vu", "a sign that says 猫", "42 🎨"]
        {
            assert!(!is_foreign(prompt), "{prompt}");
        }
    }
}
