//! Where something is, and how far that is from somewhere else: near enough to choose a warehouse, with
//! whole numbers only.

use serde::{Deserialize, Serialize};

/// A place on Earth in microdegrees, that is to about eleven centimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    latitude: i32,
    longitude: i32,
}

/// Metres of one degree of latitude on a sphere of the Earth's mean radius (6,371,009 m, IUGG).
const METRES_A_DEGREE: i64 = 111_195;
/// Microdegrees of a degree.
const DEGREE: i64 = 1_000_000;

impl Place {
    /// Half the way round the Earth, in metres: nothing is farther.
    pub const FARTHEST: u64 = 20_015_100;

    /// A place by its latitude and longitude in microdegrees, north and east positive.
    /// `None` when there is no such place.
    pub fn new(latitude: i32, longitude: i32) -> Option<Self> {
        let exists = (-90_000_000..=90_000_000).contains(&latitude)
            && (-180_000_000..=180_000_000).contains(&longitude);
        exists.then_some(Self { latitude, longitude })
    }

    /// Latitude in microdegrees.
    pub fn latitude(self) -> i32 {
        self.latitude
    }

    /// Longitude in microdegrees.
    pub fn longitude(self) -> i32 {
        self.longitude
    }

    /// About how many metres it is from here to there, as a bird would fly.
    ///
    /// The map is flattened at the latitude midway (equirectangular projection), with Bhaskara's
    /// rational cosine, `(32400 - 4x²) / (32400 + x²)` for x in degrees, which is off by 0.0016 at most
    /// (<https://en.wikipedia.org/wiki/Bhaskara_I%27s_sine_approximation_formula>). Between places of
    /// latitudes up to 65° that are no more than 1,500 km apart it is within 2 % of the great circle; a
    /// test holds it to that. Farther away it says too much rather than too little, and never more than
    /// [`FARTHEST`](Self::FARTHEST).
    pub fn metres_to(self, other: Self) -> u64 {
        let north = i64::from(self.latitude) - i64::from(other.latitude);
        let mut east = (i64::from(self.longitude) - i64::from(other.longitude)).abs();
        if east > 180 * DEGREE {
            east = 360 * DEGREE - east;
        }
        // A thousandth of a degree is enough for the cosine, and its square fits.
        let midway = (i64::from(self.latitude) + i64::from(other.latitude)) / 2 / 1_000;
        let square = midway * midway;
        let right_angle = 32_400 * DEGREE;
        let north = north * METRES_A_DEGREE / DEGREE;
        let east = east * METRES_A_DEGREE / DEGREE;
        let east = east * (right_angle - 4 * square) / (right_angle + square);
        (north * north + east * east).unsigned_abs().isqrt().min(Self::FARTHEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(latitude: i32, longitude: i32) -> Place {
        Place::new(latitude, longitude).unwrap()
    }

    /// The great circle by the haversine formula, in metres.
    fn haversine(a: Place, b: Place) -> f64 {
        let radians = |micro: i32| f64::from(micro).to_radians() / 1e6;
        let (lat_a, lat_b) = (radians(a.latitude), radians(b.latitude));
        let (north, east) = (lat_b - lat_a, radians(b.longitude) - radians(a.longitude));
        let h =
            (north / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (east / 2.0).sin().powi(2);
        2.0 * 6_371_009.0 * h.sqrt().min(1.0).asin()
    }

    #[test]
    fn berlin_is_878_kilometres_from_paris() {
        let (berlin, paris) = (place(52_520_008, 13_404_954), place(48_856_613, 2_352_222));
        let metres = berlin.metres_to(paris);
        assert!((870_000..885_000).contains(&metres), "{metres}");
        assert_eq!(metres, paris.metres_to(berlin));
        assert_eq!(berlin.metres_to(berlin), 0);
    }

    #[test]
    fn the_way_across_the_date_line_is_short() {
        let metres = place(0, 179_900_000).metres_to(place(0, -179_900_000));
        assert!((22_000..22_500).contains(&metres), "{metres}");
    }

    #[test]
    fn there_is_nothing_beyond_the_poles() {
        assert_eq!(Place::new(90_000_001, 0), None);
        assert_eq!(Place::new(0, -180_000_001), None);
        assert!(place(90_000_000, 0).metres_to(place(-90_000_000, 0)) <= Place::FARTHEST);
    }

    proptest! {
        #[test]
        fn it_is_within_two_per_cent_where_a_shop_delivers(
            latitude in -65_000_000..65_000_000i32,
            longitude in -150_000_000..150_000_000i32,
            north in -13_000_000..13_000_000i32,
            east in -13_000_000..13_000_000i32,
        ) {
            let from = place(latitude, longitude);
            let to = place((latitude + north).clamp(-65_000_000, 65_000_000), longitude + east);
            let great_circle = haversine(from, to);
            prop_assume!(great_circle <= 1_500_000.0);
            let flat = from.metres_to(to) as f64;
            // A metre or two are lost where numbers are made whole.
            prop_assert!((flat - great_circle).abs() <= 0.02 * great_circle + 3.0, "{} {}", flat, great_circle);
        }

        #[test]
        fn no_two_places_are_too_far_apart_to_be_measured(
            a in (-90_000_000..=90_000_000i32, -180_000_000..=180_000_000i32),
            b in (-90_000_000..=90_000_000i32, -180_000_000..=180_000_000i32),
        ) {
            let (a, b) = (place(a.0, a.1), place(b.0, b.1));
            prop_assert!(a.metres_to(b) <= Place::FARTHEST);
            prop_assert_eq!(a.metres_to(b), b.metres_to(a));
        }
    }
}
