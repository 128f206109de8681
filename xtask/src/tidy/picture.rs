//! docs/crates.svg: the crates and which uses which, as ARCHITECTURE.md shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use super::Finding;
use super::arrows::LAYERS;
use crate::command::root;
use crate::workspace::{Crate, Workspace};

/// The picture, seen from the root of the repository.
const FILE: &str = "docs/crates.svg";

/// Measures in pixels.
const MARGIN: usize = 24;
const BOX: (usize, usize) = (188, 44);
const GAP: (usize, usize) = (26, 46);
const LANE: usize = 8;

/// What is inside the picture whatever the crates are.
const STYLE: &str = r##"<style>
text { font-family: ui-sans-serif, system-ui, sans-serif; text-anchor: middle; fill: #1f2933; }
.name { font-size: 14px; font-weight: 600; }
.folder { font-size: 11px; fill: #52606d; }
.arrow { fill: none; stroke: #7b8794; stroke-width: 1.3; marker-end: url(#head); }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#7b8794"/></marker></defs>
"##;

/// Draws the picture anew.
///
/// # Errors
/// When Cargo cannot describe the workspace, or the file cannot be written.
pub fn write() -> Result<(), String> {
    let picture = draw(&Workspace::read()?);
    std::fs::write(root().join(FILE), picture).map_err(|error| format!("{FILE}: {error}"))
}

/// Finds that the committed picture is not the one that would be drawn.
///
/// # Errors
/// When the picture cannot be read.
pub fn check(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let committed = std::fs::read_to_string(root().join(FILE))
        .map_err(|error| format!("{FILE}: {error}: run `cargo xtask picture`"))?;
    Ok(drift(&committed, workspace))
}

fn drift(committed: &str, workspace: &Workspace) -> Vec<Finding> {
    let what = "shows other crates than there are: run `cargo xtask picture` and commit it";
    let finding = Finding::new(FILE, None, what.to_owned());
    if committed == draw(workspace) { Vec::new() } else { vec![finding] }
}

/// From the left, and from above.
type Point = (usize, usize);

/// The left upper corner of each crate's box.
type Places<'a> = BTreeMap<&'a str, Point>;

fn draw(workspace: &Workspace) -> String {
    let find = |name: &&str| workspace.crates.iter().find(|known| known.name == **name);
    let rows = LAYERS.iter().rev().map(|row| row.iter().filter_map(find).collect::<Vec<_>>());
    let rows: Vec<_> = rows.filter(|row| !row.is_empty()).collect();
    let longest = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = 2 * MARGIN + row_width(longest);
    let height = 2 * MARGIN + (rows.len() * (BOX.1 + GAP.1)).saturating_sub(GAP.1);
    let mut places = Places::new();
    for (index, row) in rows.iter().enumerate() {
        let left = (width - row_width(row.len())) / 2;
        for (column, known) in row.iter().enumerate() {
            let at = (left + column * (BOX.0 + GAP.0), MARGIN + index * (BOX.1 + GAP.1));
            places.insert(&known.name, at);
        }
    }
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">\n<title>The crates and which uses which</title>\n\
         {STYLE}<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    picture.push_str(&arrows(workspace, &places, width));
    for known in rows.iter().flatten() {
        picture.push_str(&labelled_box(known, places[known.name.as_str()]));
    }
    picture.push_str("</svg>\n");
    picture
}

fn row_width(boxes: usize) -> usize {
    (boxes * (BOX.0 + GAP.0)).saturating_sub(GAP.0)
}

fn labelled_box(known: &Crate, (x, y): Point) -> String {
    let folder = known.manifest.trim_end_matches("/Cargo.toml");
    let fill = match folder.split('/').next() {
        Some("programs") => "#fde8d7",
        Some("crates") => "#dcecfb",
        Some("keepers") => "#ddf3e0",
        Some("migrations") => "#f3e3f7",
        _ => "#eceff3",
    };
    let (middle, name) = (x + BOX.0 / 2, &known.name);
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{fill}\" \
         stroke=\"#9aa5b1\"/>\n<text class=\"name\" x=\"{middle}\" y=\"{}\">{name}</text>\n\
         <text class=\"folder\" x=\"{middle}\" y=\"{}\">{folder}</text>\n",
        BOX.0,
        BOX.1,
        y + 19,
        y + 35,
    )
}

/// An arrow for each use that does not follow from others.
fn arrows(workspace: &Workspace, places: &Places<'_>, width: usize) -> String {
    let direct = direct(workspace);
    let boxes = places.values().copied().collect();
    let mut lanes = Lanes { boxes, width, taken: Vec::new() };
    let mut arrows = String::new();
    for (user, used) in &direct {
        let (Some(&from), Some(&to)) = (places.get(user), places.get(used)) else { continue };
        // The ends of a crate's arrows are spread over its edge, in the order of what they lead to.
        let leaving = direct.iter().filter(|(other, _)| other == user).map(|(_, used)| *used);
        let arriving = direct.iter().filter(|(_, other)| other == used).map(|(user, _)| *user);
        let start = (spread(from, used, leaving, places), from.1 + BOX.1);
        let end = (spread(to, user, arriving, places), to.1);
        let _ = writeln!(arrows, "<path class=\"arrow\" d=\"{}\"/>", lanes.route(start, end));
    }
    arrows
}

/// Where on the edge of the box at `place` the end of the arrow to or from `other` lies.
fn spread<'a>(
    place: Point,
    other: &str,
    all: impl Iterator<Item = &'a str>,
    places: &Places<'_>,
) -> usize {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|name| places.get(name).map(|(x, y)| (*x, std::cmp::Reverse(*y))));
    let index = all.iter().position(|name| *name == other).unwrap_or_default();
    place.0 + BOX.0 * (index + 1) / (all.len() + 1)
}

/// Where arrows over several rows run down beside the boxes.
struct Lanes {
    /// The left upper corner of each box.
    boxes: Vec<Point>,
    /// How wide the picture is.
    width: usize,
    /// Those taken: from the left, and from where to where from above.
    taken: Vec<(usize, Range<usize>)>,
}

impl Lanes {
    /// A path from one point down to another that crosses no box.
    fn route(&mut self, start: Point, end: Point) -> String {
        let between = |y: usize| start.1 < y && y < end.1;
        let rows = self.boxes.iter().map(|(_, y)| *y).filter(|y| between(*y));
        let (Some(first), Some(last)) = (rows.clone().min(), rows.max()) else {
            return format!("M{} {}{}", start.0, start.1, curve(start, end));
        };
        let middle = usize::midpoint(start.0, end.0);
        let reach = first..last + BOX.1;
        let free = (LANE..self.width).step_by(LANE).filter(|x| self.is_free(*x, &reach));
        let lane = free.min_by_key(|x| x.abs_diff(middle)).unwrap_or(middle);
        self.taken.push((lane, reach.clone()));
        let (enter, leave) = ((lane, reach.start), (lane, reach.end));
        let (down, on) = (curve(start, enter), curve(leave, end));
        format!("M{} {}{down} V{}{on}", start.0, start.1, reach.end)
    }

    /// Whether neither a box nor another arrow is in the way.
    fn is_free(&self, x: usize, reach: &Range<usize>) -> bool {
        let beside = |(left, top): &Point| {
            let within = x + LANE > *left && x < left + BOX.0 + LANE;
            !(within && reach.contains(top))
        };
        let apart = |(other, taken): &(usize, Range<usize>)| {
            *other != x || taken.end < reach.start || reach.end < taken.start
        };
        self.boxes.iter().all(beside) && self.taken.iter().all(apart)
    }
}

/// Continues a path from one point to another; it leaves and arrives vertically.
fn curve(from: Point, to: Point) -> String {
    let middle = usize::midpoint(from.1, to.1);
    format!(" C{} {middle} {} {middle} {} {}", from.0, to.0, to.0, to.1)
}

/// Pairs of user and used, without those that follow from two others.
fn direct(workspace: &Workspace) -> BTreeSet<(&str, &str)> {
    let uses = |user: &Crate| {
        // A crate of tests uses everything in its tests only.
        let tests = user.uses.iter().all(|used| used.only_in_tests);
        move |only_in_tests: bool| tests || !only_in_tests
    };
    let mut all = BTreeMap::<&str, BTreeSet<&str>>::new();
    for user in &workspace.crates {
        let counts = uses(user);
        let used = user.uses.iter().filter(|used| counts(used.only_in_tests));
        all.insert(&user.name, used.map(|used| used.name.as_str()).collect());
    }
    let mut direct = BTreeSet::new();
    for (user, used) in &all {
        for one in used {
            let around = used.iter().any(|other| other != one && reaches(&all, other, one));
            if !around {
                direct.insert((*user, *one));
            }
        }
    }
    direct
}

/// Whether one crate uses another, directly or through others. The layers rule circles out.
fn reaches(all: &BTreeMap<&str, BTreeSet<&str>>, from: &str, to: &str) -> bool {
    let used = all.get(from).into_iter().flatten();
    used.into_iter().any(|next| *next == to || reaches(all, next, to))
}

#[cfg(test)]
mod tests {
    use super::{BOX, Lanes, direct, draw, drift};
    use crate::workspace::{Crate, Use, Workspace};

    fn using(name: &str, used: &[&str], only_in_tests: bool) -> Crate {
        let uses = used.iter().map(|name| Use { name: (*name).to_owned(), only_in_tests });
        let manifest = format!("crates/{name}/Cargo.toml");
        Crate { name: name.to_owned(), manifest, uses: uses.collect() }
    }

    fn workspace() -> Workspace {
        let crates = vec![
            using("holdfast-risk", &[], false),
            using("holdfast", &["holdfast-risk"], false),
            using("holdfast-client", &["holdfast-risk", "holdfast"], false),
            using("holdfast-tests", &["holdfast-client", "holdfast-risk"], true),
        ];
        Workspace { crates, roots: Vec::new() }
    }

    #[test]
    fn uses_that_follow_from_others_have_no_arrow() {
        let arrows = [
            ("holdfast", "holdfast-risk"),
            ("holdfast-client", "holdfast"),
            ("holdfast-tests", "holdfast-client"),
        ];
        assert!(direct(&workspace()).into_iter().eq(arrows));
    }

    #[test]
    fn the_picture_names_every_crate_and_draws_every_arrow() {
        let picture = draw(&workspace());
        for name in ["holdfast-risk", "holdfast", "holdfast-client", "holdfast-tests"] {
            assert!(picture.contains(&format!(">{name}</text>")), "{name}");
        }
        assert_eq!(picture.matches("class=\"arrow\"").count(), 3);
    }

    #[test]
    fn a_new_arrow_makes_the_committed_picture_drift() {
        let (mut workspace, committed) = (workspace(), draw(&workspace()));
        assert_eq!(drift(&committed, &workspace), []);
        workspace.crates[3] = using("holdfast-tests", &["holdfast"], true);
        assert_eq!(drift(&committed, &workspace).len(), 1);
    }

    #[test]
    fn an_arrow_over_several_rows_passes_beside_their_boxes_and_other_arrows() {
        let (left, top) = (40, 100);
        let mut lanes = Lanes { boxes: vec![(left, top)], width: 400, taken: Vec::new() };
        let middle = left + BOX.0 / 2;
        let routes = [(); 2].map(|()| lanes.route((middle, 50), (middle, 300)));
        assert_ne!(routes[0], routes[1]);
        for (lane, _) in lanes.taken {
            assert!(lane < left || lane > left + BOX.0, "{lane}");
        }
    }
}
