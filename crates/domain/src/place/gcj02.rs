//! GCJ-02, the datum of every map that is published in China, and of what phones there tell mini-programs: WGS 84 moved by
//! some hundred metres, another way at each place.
//!
//! The official transformation is not public; this is the one that all open implementations share, on the ellipsoid of
//! Krasovsky 1940, as first published in 2013 ("eviltransform") and correct to about a metre against the maps themselves.
//! Outside the rectangle that it is meant for the two are the same.

use std::f64::consts::PI;

/// The semi-major axis in metres, and the eccentricity squared, of Krasovsky 1940.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// A place this near, in degrees, is the same place: 0.1 mm.
const CLOSE_DEG: f64 = 1e-9;
/// Each round of the inverse is some hundred times nearer.
const ROUNDS_MAX: usize = 20;

/// Latitude and longitude in WGS 84, in degrees, of a place in GCJ-02: the inverse, by iteration.
pub(super) fn to_wgs84(lat: f64, lng: f64) -> (f64, f64) {
    if !is_moved(lat, lng) {
        return (lat, lng);
    }
    let (mut wgs_lat, mut wgs_lng) = (lat, lng);
    for _ in 0..ROUNDS_MAX {
        let (there_lat, there_lng) = from_wgs84(wgs_lat, wgs_lng);
        let (off_lat, off_lng) = (there_lat - lat, there_lng - lng);
        wgs_lat -= off_lat;
        wgs_lng -= off_lng;
        if off_lat.abs() < CLOSE_DEG && off_lng.abs() < CLOSE_DEG {
            break;
        }
    }
    (wgs_lat, wgs_lng)
}

/// Latitude and longitude in GCJ-02, in degrees, of a place in WGS 84.
pub(super) fn from_wgs84(lat: f64, lng: f64) -> (f64, f64) {
    if !is_moved(lat, lng) {
        return (lat, lng);
    }
    let (d_lat, d_lng) = moved_by(lng - 105.0, lat - 35.0);
    let phi = lat.to_radians();
    let w = 1.0 - ECCENTRICITY_SQUARED * phi.sin().powi(2);
    let meridian_m = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (w * w.sqrt());
    let parallel_m = AXIS_M / w.sqrt() * phi.cos();
    (
        lat + (d_lat / meridian_m).to_degrees(),
        lng + (d_lng / parallel_m).to_degrees(),
    )
}

/// The rectangle outside of which nothing is moved.
fn is_moved(lat: f64, lng: f64) -> bool {
    (0.829_3..=55.827_1).contains(&lat) && (72.004..=137.834_7).contains(&lng)
}

/// By how many metres north and east a place is moved, `x` degrees east of 105 and `y` degrees north of 35.
fn moved_by(x: f64, y: f64) -> (f64, f64) {
    let root = x.abs().sqrt();
    let wave = |size: f64, of: f64| size * (of * PI).sin();
    let ripple = 20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin();
    let north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
    let north_waves = ripple
        + wave(20.0, y)
        + wave(40.0, y / 3.0)
        + wave(160.0, y / 12.0)
        + wave(320.0, y / 30.0);
    let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
    let east_waves = ripple
        + wave(20.0, x)
        + wave(40.0, x / 3.0)
        + wave(150.0, x / 12.0)
        + wave(300.0, x / 30.0);
    (
        north + north_waves * 2.0 / 3.0,
        east + east_waves * 2.0 / 3.0,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_examples_come_out() {
        // Shanghai, Shenzhen, Beijing: WGS 84, then GCJ-02, from the tests of eviltransform.
        for (wgs, gcj) in [
            (
                (31.177_427_6, 121.527_210_6),
                (31.175_303_983_645_97, 121.531_541_859_215),
            ),
            (
                (22.543_847, 113.912_316),
                (22.540_796_131_694_766, 113.917_176_480_836_3),
            ),
            (
                (39.911_954, 116.377_817),
                (39.913_345_455_360_69, 116.384_047_224_556_57),
            ),
        ] {
            let (lat, lng) = from_wgs84(wgs.0, wgs.1);
            assert!(
                (lat - gcj.0).abs() < 1e-7 && (lng - gcj.1).abs() < 1e-7,
                "{lat} {lng}"
            );
            let (lat, lng) = to_wgs84(gcj.0, gcj.1);
            assert!(
                (lat - wgs.0).abs() < 1e-7 && (lng - wgs.1).abs() < 1e-7,
                "{lat} {lng}"
            );
        }
    }

    #[test]
    fn elsewhere_nothing_is_moved() {
        for place in [(48.85, 2.35), (-33.86, 151.2), (90.0, 0.0), (30.0, -120.0)] {
            assert_eq!(from_wgs84(place.0, place.1), place);
            assert_eq!(to_wgs84(place.0, place.1), place);
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place_to_a_millimetre(
            lat in 1.0..55.0_f64,
            lng in 73.0..137.0_f64,
        ) {
            let (gcj_lat, gcj_lng) = from_wgs84(lat, lng);
            let (back_lat, back_lng) = to_wgs84(gcj_lat, gcj_lng);
            prop_assert!((back_lat - lat).abs() < 1e-8, "{} {}", back_lat, lat);
            prop_assert!((back_lng - lng).abs() < 1e-8, "{} {}", back_lng, lng);
        }
    }
}
