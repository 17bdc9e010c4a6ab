//! Places as requests and answers write them.

use homeroom_domain::place::{Datum, Metres, Point};
use homeroom_domain::rule::Circle;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The datum of a pair of coordinates.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlaceDatum {
    /// WGS 84, what a GNSS receiver gives.
    Wgs84,
    /// GCJ-02, what maps and mini-programs in China give.
    Gcj02,
}

impl From<PlaceDatum> for Datum {
    fn from(datum: PlaceDatum) -> Self {
        match datum {
            PlaceDatum::Wgs84 => Datum::Wgs84,
            PlaceDatum::Gcj02 => Datum::Gcj02,
        }
    }
}

impl From<Datum> for PlaceDatum {
    fn from(datum: Datum) -> Self {
        match datum {
            Datum::Wgs84 => PlaceDatum::Wgs84,
            Datum::Gcj02 => PlaceDatum::Gcj02,
        }
    }
}

/// A point on the earth.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// Degrees north, -90 to 90.
    #[schema(example = 30.912345)]
    pub lat: f64,
    /// Degrees east, -180 to 180.
    #[schema(example = 113.921234)]
    pub lng: f64,
    /// The datum both are in.
    pub datum: PlaceDatum,
}

/// A circle on the earth.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceCircle {
    /// Its centre.
    pub centre: Place,
    /// Its radius in metres, above 0 and at most 100,000; a phone exactly this far away is inside.
    #[schema(example = 300.0)]
    pub radius_m: f64,
}

impl From<Place> for Point {
    fn from(place: Place) -> Self {
        Self {
            lat: place.lat,
            lng: place.lng,
            datum: place.datum.into(),
        }
    }
}

impl From<Point> for Place {
    fn from(point: Point) -> Self {
        Self {
            lat: point.lat,
            lng: point.lng,
            datum: point.datum.into(),
        }
    }
}

impl From<PlaceCircle> for Circle {
    fn from(circle: PlaceCircle) -> Self {
        Self {
            centre: circle.centre.into(),
            radius_m: Metres(circle.radius_m),
        }
    }
}

impl From<Circle> for PlaceCircle {
    fn from(circle: Circle) -> Self {
        Self {
            centre: circle.centre.into(),
            radius_m: circle.radius_m.0,
        }
    }
}
