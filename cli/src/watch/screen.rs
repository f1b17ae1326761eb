//! The terminal: takes it, gives it back, and does what takes time beside the drawing.

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::{FuturesUnordered, StreamExt};
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use ratatui::DefaultTerminal;
use tokio::signal::unix::{SignalKind, signal};

use super::Watch;
use super::draw::{Palette, draw};
use super::letters::{self, Letters};
use super::model::{Deed, Footer, Key, Model, Wish};
use crate::env_vars;
use crate::failure::Failure;
use crate::readings::overview::Overview;
use crate::steering::{self, Steered};

/// Something that took time, and is over.
enum Done {
    /// It is time to read again.
    Due,
    Read(Result<Overview, Failure>),
    Looked(Result<Letters, Failure>),
    /// A limit was steered, and everything was read again.
    Steered(Wish, Result<Box<(Steered, Overview)>, Failure>),
}

/// What is under way.
type UnderWay<'a> = FuturesUnordered<LocalBoxFuture<'a, Done>>;

/// The terminal, taken. It is given back when this is dropped, and by a hook of ratatui's before a panic is told.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> Result<Self, Failure> {
        ratatui::try_init().map(Self).map_err(|error| Failure::failed(format!("take the terminal: {error}")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Watches on a screen of its own until somebody quits it, or SIGTERM or SIGHUP come.
pub(super) async fn run(watch: &Watch) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::failed(format!("listen for signals: {error}")));
    let (mut terminate, mut hang_up) = (listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    let clock = SystemClock::new();
    // Read before the terminal is taken: what can't be read at all is told as by any other command.
    let mut model = Model::new(watch.look().await?, clock.now());
    let palette = if env_vars::read(env_vars::NO_COLOR).is_some() { Palette::Plain } else { Palette::Colour };
    let mut screen = Screen::take()?;
    let mut events = EventStream::new();
    let mut under_way = UnderWay::new();
    under_way.push(due(watch, clock));
    loop {
        let drawn = screen.0.draw(|frame| draw(frame, &model, palette));
        drawn.map_err(|error| Failure::failed(format!("draw on the terminal: {error}")))?;
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(Event::Key(event))) if event.kind != KeyEventKind::Release => {
                    match model.press(key(event)) {
                        Some(Deed::Quit) => return Ok(()),
                        Some(deed) => under_way.push(begin(watch, clock, deed)),
                        None => {}
                    }
                }
                // A new size, above all: it is drawn again.
                Some(Ok(_)) => {}
                // The terminal is gone.
                Some(Err(_)) | None => return Ok(()),
            },
            Some(done) = under_way.next() => take_in(watch, clock, &mut model, done, &under_way),
            _ = terminate.recv() => return Ok(()),
            _ = hang_up.recv() => return Ok(()),
        }
    }
}

fn key(event: KeyEvent) -> Key {
    match event.code {
        KeyCode::Char('c' | 'd') if event.modifiers.contains(KeyModifiers::CONTROL) => Key::Quit,
        KeyCode::Char('q') => Key::Quit,
        KeyCode::Up | KeyCode::Char('k') => Key::Up,
        KeyCode::Down | KeyCode::Char('j') => Key::Down,
        KeyCode::Char('d') => Key::Dead,
        KeyCode::Char('p') => Key::Pause,
        KeyCode::Char('y') => Key::Yes,
        KeyCode::Esc | KeyCode::Backspace | KeyCode::Left => Key::Back,
        _ => Key::Other,
    }
}

fn due(watch: &Watch, clock: SystemClock) -> LocalBoxFuture<'_, Done> {
    async move {
        clock.sleep(watch.every).await;
        Done::Due
    }
    .boxed_local()
}

fn read(watch: &Watch) -> LocalBoxFuture<'_, Done> {
    async { Done::Read(watch.look().await) }.boxed_local()
}

fn begin(watch: &Watch, clock: SystemClock, deed: Deed) -> LocalBoxFuture<'_, Done> {
    match deed {
        Deed::Look(queue) => {
            async move { Done::Looked(look_at_letters(watch, &queue, clock).await) }.boxed_local()
        }
        Deed::Steer { limit, wish } => {
            async move { Done::Steered(wish, steer(watch, &limit, wish).await.map(Box::new)) }.boxed_local()
        }
        // It ends the program; there is nothing to begin.
        Deed::Quit => std::future::pending().boxed_local(),
    }
}

async fn look_at_letters(watch: &Watch, queue: &str, clock: SystemClock) -> Result<Letters, Failure> {
    let name =
        queue.parse().map_err(|error| Failure::failed(format!("look at the dead letters: {error}")))?;
    letters::read(&watch.store, &name, clock.now()).await
}

async fn steer(watch: &Watch, limit: &str, wish: Wish) -> Result<(Steered, Overview), Failure> {
    let limit = watch.project.limit(Some(limit))?;
    let reason = Some("by hand, in jobq status --watch".to_owned());
    let wish = steering::Wish { what: wish.what(), length: None, reason, who: None };
    let steered = steering::change(&watch.store, limit, wish).await?;
    Ok((steered, watch.look().await?))
}

/// Takes in what is over, and begins what follows it.
fn take_in<'a>(
    watch: &'a Watch,
    clock: SystemClock,
    model: &mut Model,
    done: Done,
    under_way: &UnderWay<'a>,
) {
    let note = |failure: Failure| Footer::Note(failure.message);
    match done {
        Done::Due => under_way.push(read(watch)),
        Done::Read(result) => {
            match result {
                Ok(overview) => model.take_in(overview, clock.now()),
                // What was read before stays; its time tells how old it is.
                Err(failure) => model.footer = note(failure),
            }
            under_way.push(due(watch, clock));
        }
        Done::Looked(Ok(letters)) => model.open(letters),
        Done::Looked(Err(failure)) => model.footer = note(failure),
        Done::Steered(wish, Ok(done)) => {
            let (steered, overview) = *done;
            let rival = steered.written.rival().map_or_else(String::new, |rival| format!("; {rival}"));
            model.take_in(overview, clock.now());
            model.footer = Footer::Note(format!("{}: {}{rival}", steered.reading.limit, wish.done()));
        }
        Done::Steered(_, Err(failure)) => model.footer = note(failure),
    }
}
