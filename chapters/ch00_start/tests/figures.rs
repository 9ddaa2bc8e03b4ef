//! Every kind of figure is drawn once and looked into.

use std::path::Path;

use ch00_start::figure::*;

/// Draws into a temporary folder and gives the SVG, whose tags must be balanced.
fn drawn(draw: impl Fn(&Path) -> Result<(), FigureError>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/figure.svg");
    draw(&path).unwrap();
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"));
    let opened = svg.matches("<text").count();
    assert_eq!(opened, svg.matches("</text>").count());
    // Nothing is loaded from anywhere: the only address is the name of the format.
    assert_eq!(svg.matches("http").count(), 1, "{svg}");
    svg
}

fn curve() -> Series {
    Series::of_values("training", &[2.0, f64::NAN, 1.0, 0.5, 0.25])
}

#[test]
fn curves_have_axes_a_legend_and_gaps() {
    let svg =
        drawn(|path| lines(path, "Loss", "epoch", "loss", &[curve(), Series::new("test", vec![]).dashed()]));
    for text in ["Loss", "epoch", "loss", "training", "test"] {
        assert!(svg.contains(&format!("\n{text}\n")), "{text} is missing:\n{svg}");
    }
    // The gap leaves a piece of one point and a piece of three.
    let in_blue = svg.lines().filter(|line| line.contains("<polyline") && line.contains("#2B6CB8")).count();
    assert_eq!(in_blue, 2, "{svg}");
}

#[test]
fn logarithmic_axes_leave_out_what_has_no_logarithm() {
    let series = [Series::of_pairs("a", &[0.0, 1.0, 10.0, 100.0], &[1.0, 1.0, -1.0, 1000.0]).marked()];
    for (draw, dots) in [
        (lines_log_x as fn(&Path, &str, &str, &str, &[Series]) -> _, 3),
        (lines_log_y, 3),
        (lines_log_log, 2),
    ] {
        let svg = drawn(|path| draw(path, "T", "x", "y", &series));
        assert_eq!(svg.matches("<circle").count(), dots);
    }
}

#[test]
fn points_bars_maps_and_images() {
    let points =
        [Series::new("", vec![(0.0, 1.0), (f64::INFINITY, 0.0)]), Series::new("b", vec![(1.0, 2.0)])];
    assert_eq!(drawn(|path| scatter(path, "T", "x", "y", &points)).matches("<circle").count(), 2);

    let svg = drawn(|path| bars(path, "T", "GFLOP/s", &["naive", "blocked"], &[("", &[1.0, -2.5])]));
    assert!(svg.contains("\nnaive\n") && svg.contains("\n-2.5\n") && svg.contains("\n1\n"), "{svg}");

    let svg = drawn(|path| heatmap(path, "T", "x", "y", (2, 3), &[0.0, 1.0, 2.0, f64::NAN, 4.0, 5.0]));
    assert_eq!(svg.matches("<image").count(), 2); // the matrix and its colour bar

    let images = [Image::gray("seven", 2, 2, &[0.0; 4]), Image::rgb("red", 1, 1, &[1.0, 0.0, 0.0])];
    let svg = drawn(|path| image_grid(path, "T", 5, &images));
    assert!(svg.matches("<image").count() == 2 && svg.contains("\nseven\n"));
}
