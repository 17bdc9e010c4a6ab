//! Places on the earth.

mod gcj02;

use geographiclib_rs::{Geodesic, InverseGeodesic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The datum of a pair of coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// WGS 84, what a GNSS receiver gives.
    #[default]
    Wgs84,
    /// GCJ-02, what maps and mini-programs in China give.
    Gcj02,
}

/// A point: degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lng: f64,
    /// The datum both are in.
    #[serde(default)]
    pub datum: Datum,
}

/// A length in metres: finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Metres(pub f64);

/// What is wrong with a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// Latitude is not a number from -90 to 90.
    #[error("lat is not a number from -90 to 90")]
    Latitude,
    /// Longitude is not a number from -180 to 180.
    #[error("lng is not a number from -180 to 180")]
    Longitude,
    /// 0, 0 is what a phone without a fix reports.
    #[error("0, 0 is what a phone without a fix reports")]
    NullIsland,
}

impl Point {
    /// Checks the ranges.
    ///
    /// # Errors
    /// When a coordinate is not a number in its range, or both are zero.
    pub fn check(self) -> Result<Self, PointError> {
        if !(-90.0..=90.0).contains(&self.lat) {
            return Err(PointError::Latitude);
        }
        if !(-180.0..=180.0).contains(&self.lng) {
            return Err(PointError::Longitude);
        }
        if self.lat == 0.0 && self.lng == 0.0 {
            return Err(PointError::NullIsland);
        }
        Ok(self)
    }

    /// The same place in WGS 84.
    #[must_use]
    pub fn wgs84(self) -> Self {
        match self.datum {
            Datum::Wgs84 => self,
            Datum::Gcj02 => {
                let (lat, lng) = gcj02::to_wgs84(self.lat, self.lng);
                let datum = Datum::Wgs84;
                Self { lat, lng, datum }
            }
        }
    }

    /// The same place in GCJ-02.
    #[must_use]
    pub fn gcj02(self) -> Self {
        match self.datum {
            Datum::Gcj02 => self,
            Datum::Wgs84 => {
                let (lat, lng) = gcj02::from_wgs84(self.lat, self.lng);
                let datum = Datum::Gcj02;
                Self { lat, lng, datum }
            }
        }
    }

    /// The length of the geodesic between two points, each in whatever datum, on the WGS 84 ellipsoid (Karney 2013,
    /// doi 10.1007/s00190-012-0578-z).
    pub fn distance(self, other: Point) -> Metres {
        let (one, other) = (self.wgs84(), other.wgs84());
        Metres(Geodesic::wgs84().inverse(one.lat, one.lng, other.lat, other.lng))
    }
}
