//! Lines in a plane, as SVG.

use std::fmt::Write as _;

/// A line with its name.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 56.0;
/// Told apart also by those who see few colours.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// Draws lines between points; both axes begin at zero.
pub(crate) fn lines(title: &str, across: &str, up: &str, lines: &[Line<'_>]) -> String {
    let largest = |of: fn(&(f64, f64)) -> f64| {
        lines.iter().flat_map(|line| &line.points).map(of).fold(f64::MIN_POSITIVE, f64::max)
    };
    let (right, top) = (largest(|point| point.0), largest(|point| point.1));
    let place = |(x, y): (f64, f64)| {
        (MARGIN + x / right * (WIDTH - 2.0 * MARGIN), HEIGHT - MARGIN - y / top * (HEIGHT - 2.0 * MARGIN))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><text x=\"{MARGIN}\" y=\"20\" \
         font-size=\"15\">{title}</text>"
    );
    let (low, high) = (HEIGHT - MARGIN, WIDTH - MARGIN);
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        "<path d=\"M{MARGIN} {MARGIN}V{low}H{high}\" fill=\"none\" stroke=\"#444\"/>\
         <text x=\"{high}\" y=\"{}\" text-anchor=\"end\">{across}: {right:.0}</text>\
         <text x=\"{MARGIN}\" y=\"{}\">{up}: {top:.1}</text>",
        low + 32.0,
        MARGIN - 12.0
    );
    for (number, (line, colour)) in lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let mut path = String::new();
        for (index, point) in line.points.iter().enumerate() {
            let (x, y) = place(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
            let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        let _ = write!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        let row = MARGIN + 16.0 * super::numbers::float(number);
        let _ =
            write!(svg, "<text x=\"{}\" y=\"{row}\" fill=\"{colour}\">{}</text>", MARGIN + 12.0, line.name);
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let svg = lines("Title", "x", "y", &[Line { name: "a line", points: vec![(0.0, 0.0), (2.0, 4.0)] }]);
        assert!(svg.contains("M56.0 304.0L584.0 56.0"), "{svg}");
    }
}
