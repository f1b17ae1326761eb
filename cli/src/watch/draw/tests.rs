//! Screens of several sizes.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::readings::ahead::EtaReading;
use crate::readings::overview::Overview;

/// Queues of these depths, under one limit.
pub(crate) fn overview(depths: &[(&str, u64)]) -> Overview {
    let queue = |(name, ready): &(&str, u64)| QueueReading {
        queue: (*name).to_owned(),
        limit: Some("api".to_owned()),
        ready: *ready,
        in_flight: 12,
        delayed: 0,
        dead: 3,
        paused: false,
        oldest_seconds: Some(130.0),
        added_per_minute: Some(1_200),
        settled_per_minute: None,
        measured_at: None,
        eta: EtaReading { least_seconds: Some(245.0), most_seconds: Some(310.0), because: None },
        concerns: Vec::new(),
        next_openings: Vec::new(),
    };
    let limit = LimitReading {
        limit: "api".to_owned(),
        rate: "50/s".to_owned(),
        burst: 1,
        effective_per_second: Some(49.0),
        used_per_second: Some(48.7),
        refused_per_minute: 2,
        paused: false,
        cooling_seconds: None,
        because: vec!["recovering, at 80% of the pace".to_owned(), "2% headroom".to_owned()],
        quotas: Vec::new(),
        max_in_flight: None,
        hosts: Vec::new(),
        drainers: vec!["d1".to_owned()],
        changes: Vec::new(),
    };
    Overview { queues: depths.iter().map(queue).collect(), limits: vec![limit], warning: None }
}

fn screen(model: &Model, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model, Palette::Plain)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect()
}

fn model() -> Model {
    let mut overview = overview(&[("troops", 12_034), ("groups", 20)]);
    overview.queues[0].concerns =
        vec!["the quota 65000/d may be used up in 22m 05s, before it is empty".to_owned()];
    Model::new(overview, Timestamp::from_secs(1_800_000_000))
}

#[test]
fn a_wide_screen_has_it_all() {
    assert_eq!(
        screen(&model(), 120, 9),
        [
            "jobq status  08:00:00 UTC",
            "  QUEUE    READY  FLIGHT  DELAYED  DEAD  OLDEST  IN/MIN  OUT/MIN               ETA  LIMIT  DEPTH",
            "> troops  12,034      12        0     3  2m 10s   1,200        -  4m 05s to 5m 10s  api    █",
            "  groups      20      12        0     3  2m 10s   1,200        -  4m 05s to 5m 10s  api    █",
            "! troops: the quota 65000/d may be used up in 22m 05s, before it is empty",
            "",
            "  LIMIT    USED  ALLOWED  429S  DRAINERS  BECAUSE",
            "  api    48.7/s  49.00/s     2         1  recovering, at 80% of the pace, 2% headroom",
            "j/k select  d dead letters  p pause  q quit",
        ]
    );
}

#[test]
fn a_narrow_screen_has_what_matters() {
    assert_eq!(
        screen(&model(), 40, 12),
        [
            "jobq status  08:00:00 UTC",
            "  QUEUE    READY  DEAD  OUT/MIN     ETA",
            "> troops  12,034     3        -  4m 05s",
            "  groups      20     3        -  4m 05s",
            "! troops: the quota 65000/d may be used",
            "  up in 22m 05s, before it is empty",
            "",
            "  LIMIT    USED  ALLOWED  429S  DRAINERS",
            "  api    48.7/s  49.00/s     2         1",
            "",
            "",
            "j/k  d dead  p pause  q quit",
        ]
    );
}

#[test]
fn any_size_is_drawn() {
    let mut model = model();
    for page in [Page::Queues, Page::Letters { letters: Letters::default(), first: 0 }] {
        model.page = page;
        for (width, height) in [(1, 1), (2, 3), (10, 2), (3, 40), (500, 4), (20, 5)] {
            assert_eq!(screen(&model, width, height).len(), usize::from(height));
        }
    }
}

#[test]
fn the_selected_queue_is_always_in_sight() {
    let names: Vec<String> = (0..50).map(|number| format!("queue-{number:02}")).collect();
    let depths: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 7)).collect();
    let mut model = Model::new(overview(&depths), Timestamp::from_secs(1));
    for name in &names {
        model.selected = Some(name.clone());
        let shown = screen(&model, 80, 14);
        assert!(shown.iter().any(|line| line.starts_with(&format!("> {name}"))), "{shown:#?}");
    }
}

#[test]
fn colour_only_repeats_what_words_say() {
    let coloured = |palette| {
        let mut terminal = Terminal::new(TestBackend::new(100, 12)).unwrap();
        terminal.draw(|frame| draw(frame, &model(), palette)).unwrap();
        let cells = terminal.backend().buffer().content.clone();
        (
            cells.iter().any(|cell| cell.fg != Color::Reset),
            cells.iter().map(|cell| cell.symbol().to_owned()).collect::<String>(),
        )
    };
    let (with, text) = coloured(Palette::Colour);
    let (without, same) = coloured(Palette::Plain);
    assert_eq!((with, without, text), (true, false, same));
}

#[test]
fn bars_go_from_nothing_to_the_deepest() {
    assert_eq!(sparkline(&VecDeque::from([0, 50, 100, 100])), "▁▄██");
    assert_eq!(sparkline(&VecDeque::from([0, 0])), "▁▁");
    assert_eq!(sparkline(&(0..100).collect()).chars().count(), SPARKS);
}
