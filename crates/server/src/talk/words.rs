//! Zoe's words on the screen while she speaks.

use std::io;

use super::{events::Event, screen::Screen};

/// A reply that is being shown.
pub(super) struct Words<'a, 'b> {
    screen: &'a mut Screen<'b>,
    /// What stands on the line.
    shown: String,
    /// The sentences so far.
    said: String,
    begun: bool,
}

impl<'a, 'b> Words<'a, 'b> {
    pub(super) fn on(screen: &'a mut Screen<'b>) -> Self {
        Self { screen, shown: String::new(), said: String::new(), begun: false }
    }

    /// Shows what an event brings.
    pub(super) fn hear(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Delta { text } => self.show(text),
            Event::Sentence { text } => {
                if !self.said.is_empty() {
                    self.said.push(' ');
                }
                self.said.push_str(text);
                // As a rule its words are there already. The built-in voice, and a repeated turn, have sentences alone.
                match self.said.strip_prefix(&self.shown).map(str::to_owned) {
                    Some(rest) => self.show(&rest),
                    None => Ok(()),
                }
            }
            Event::Restart {} => self.take_back(),
            Event::Done(_) | Event::Error(_) => Ok(()),
        }
    }

    /// Somebody begins anew: what was begun stays, on a line of its own.
    pub(super) fn take_back(&mut self) -> io::Result<()> {
        (self.shown, self.said) = (String::new(), String::new());
        if !std::mem::take(&mut self.begun) {
            return Ok(());
        }
        self.screen.zoe_goes_on("…")?;
        self.screen.zoe_ends()
    }

    /// The reply is there: it is the truth.
    pub(super) fn end(mut self, reply: &str) -> io::Result<()> {
        if let Some(rest) = reply.strip_prefix(&self.shown) {
            self.show(rest)?;
        } else if self.shown.starts_with(reply) {
            self.screen.zoe_goes_on("…")?;
        } else {
            self.take_back()?;
            self.show(reply)?;
        }
        self.screen.zoe_ends()
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.screen.zoe_begins()?;
        }
        self.shown.push_str(text);
        self.screen.zoe_goes_on(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(events: &[Event], reply: &str) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, false, false);
        let mut words = Words::on(&mut screen);
        for event in events {
            words.hear(event).unwrap();
        }
        words.end(reply).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn delta(text: &str) -> Event {
        Event::Delta { text: text.to_owned() }
    }

    fn sentence(text: &str) -> Event {
        Event::Sentence { text: text.to_owned() }
    }

    #[test]
    fn words_come_once_and_with_or_without_deltas() {
        let both = [delta("I s"), delta("ee. Go"), sentence("I see."), delta(" on."), sentence("Go on.")];
        assert_eq!(shown(&both, "I see. Go on."), "Zoe  I see. Go on.\n");
        assert_eq!(shown(&[sentence("I see."), sentence("Go on.")], "I see. Go on."), "Zoe  I see. Go on.\n");
        assert_eq!(shown(&[], "I see."), "Zoe  I see.\n");
    }

    #[test]
    fn what_was_taken_back_and_what_was_cut_short_is_marked() {
        let restarted = [delta("Well, I"), Event::Restart {}, delta("I see."), sentence("I see.")];
        assert_eq!(shown(&restarted, "I see."), "Zoe  Well, I…\nZoe  I see.\n");
        let cut = [delta("I see. And"), sentence("I see.")];
        assert_eq!(shown(&cut, "I see."), "Zoe  I see. And…\n");
        assert_eq!(shown(&[delta("I see")], "Something else."), "Zoe  I see…\nZoe  Something else.\n");
    }
}
