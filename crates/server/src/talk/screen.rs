//! What the person sees.

use std::io::{self, Write};

/// The margin in which the speakers' names stand.
const MARGIN: &str = "     ";

/// A terminal, or anything else that takes text.
pub struct Screen<'a> {
    out: &'a mut (dyn Write + Send),
    coloured: bool,
    echoes: bool,
}

/// How something looks.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Plain,
    Dim,
    Zoe,
    You,
    Wrong,
    Right,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Dim => "2",
            Self::Zoe => "1;35",
            Self::You => "1;36",
            Self::Wrong => "33",
            Self::Right => "32",
        }
    }
}

impl<'a> Screen<'a> {
    /// Colours are for terminals; what came in through a pipe is echoed, because nobody sees it otherwise.
    pub fn new(out: &'a mut (dyn Write + Send), coloured: bool, echoes: bool) -> Self {
        Self { out, coloured, echoes }
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        let text = harmless(text);
        if self.coloured { format!("\x1b[{}m{text}\x1b[0m", ink.code()) } else { text }
    }

    pub(super) fn zoe(&mut self, words: &str) -> io::Result<()> {
        self.zoe_begins()?;
        self.zoe_goes_on(words)?;
        self.zoe_ends()
    }

    /// Zoe begins to speak.
    pub(super) fn zoe_begins(&mut self) -> io::Result<()> {
        let name = self.ink(Ink::Zoe, "Zoe");
        write!(self.out, "{name}  ")
    }

    /// More of Zoe's words, at once.
    pub(super) fn zoe_goes_on(&mut self, words: &str) -> io::Result<()> {
        write!(self.out, "{}", harmless(words))?;
        self.out.flush()
    }

    pub(super) fn zoe_ends(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Asks for the person's words.
    pub(super) fn prompt(&mut self) -> io::Result<()> {
        let name = self.ink(Ink::You, "You");
        write!(self.out, "{name}  ")?;
        self.out.flush()
    }

    /// The line that was typed after a prompt; a terminal shows it already.
    pub(super) fn typed(&mut self, line: &str) -> io::Result<()> {
        if self.echoes { writeln!(self.out, "{}", harmless(line)) } else { Ok(()) }
    }

    /// The end of the input after a prompt.
    pub(super) fn typed_nothing(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    pub(super) fn correction(
        &mut self,
        original: &str,
        corrected: &str,
        explanation: Option<&str>,
    ) -> io::Result<()> {
        let (wrong, right) = (self.ink(Ink::Wrong, original), self.ink(Ink::Right, corrected));
        let why = explanation.map(|why| self.ink(Ink::Dim, &format!("   {why}"))).unwrap_or_default();
        writeln!(self.out, "{MARGIN}{wrong} → {right}{why}")
    }

    /// A line beside the conversation.
    pub(super) fn aside(&mut self, ink: Ink, line: &str) -> io::Result<()> {
        let line = if matches!(ink, Ink::Plain) { harmless(line) } else { self.ink(ink, line) };
        writeln!(self.out, "{MARGIN}{line}")
    }

    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", harmless(line))
    }
}

/// What a server sends must not steer the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_and_escapes_from_the_server_never_reach_one() {
        let show = |coloured| {
            let mut out = Vec::new();
            let mut screen = Screen::new(&mut out, coloured, false);
            screen.zoe("Hi\x1b[2J there").unwrap();
            screen.correction("go", "went", Some("It is past.")).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(show(false), "Zoe  Hi [2J there\n     go → went   It is past.\n");
        let coloured = show(true);
        assert!(coloured.contains("\x1b[1;35mZoe\x1b[0m") && !coloured.contains("\x1b[2J"), "{coloured:?}");
    }
}
