#!/usr/bin/env python3
"""Computes the sample morning without Homeroom, as a second opinion on its tallies.

Reads the same files (a roster as the school office exports it, the rule, the raw check-ins) and prints one
JSON object: for every student the verdict of the day, the seconds late, and why attempts were refused. It
shares no code, no language and no formula with Homeroom: distances come from Vincenty's inverse formula
(Survey Review XXIII, 176, 1975) on the WGS 84 ellipsoid.

    python3 tests/independent/morning.py sample
"""

import csv
import json
import math
import sys
from datetime import datetime
from pathlib import Path


def vincenty_m(lat1, lng1, lat2, lng2):
    """The geodesic between two points in metres; they must not be nearly antipodal."""
    a, f = 6378137.0, 1 / 298.257223563
    b = (1 - f) * a
    if (lat1, lng1) == (lat2, lng2):
        return 0.0
    u1 = math.atan((1 - f) * math.tan(math.radians(lat1)))
    u2 = math.atan((1 - f) * math.tan(math.radians(lat2)))
    big_l = math.radians(lng2 - lng1)
    lam = big_l
    for _ in range(200):
        sin_sigma = math.hypot(
            math.cos(u2) * math.sin(lam),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(lam),
        )
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha else 0.0
        c = f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha))
        before, lam = lam, big_l + (1 - c) * f * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        )
        if abs(lam - before) < 1e-13:
            break
    uu = cos2_alpha * (a * a - b * b) / (b * b)
    big_a = 1 + uu / 16384 * (4096 + uu * (-768 + uu * (320 - 175 * uu)))
    big_b = uu / 1024 * (256 + uu * (-128 + uu * (74 - 47 * uu)))
    delta = big_b * sin_sigma * (
        cos_2m
        + big_b / 4 * (
            cos_sigma * (2 * cos_2m**2 - 1)
            - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
        )
    )
    return b * big_a * (sigma - delta)


def main(folder):
    folder = Path(folder)
    rule = json.loads((folder / "morning/rule.json").read_text())["rule"]
    lat, lng = rule["centre_wgs84"]
    classes = {r["班级"]: r["班级代码"] for r in table(folder / "roster/classes.csv")}
    day = {
        r["学号"]: {"class": classes[r["班级"]], "status": "absent", "late_s": None, "refused": [], "repeated": 0}
        for r in table(folder / "roster/students.csv")
    }

    def seconds(clock):
        h, m, s = clock.split(":")
        return int(h) * 3600 + int(m) * 60 + int(s)

    opens, on_time, closes = (seconds(rule[k]) for k in ("opens", "on_time_until", "closes"))
    with open(folder / "morning/checkins-2026-11-23.ndjson", encoding="utf-8") as lines:
        for line in lines:
            try_ = json.loads(line)
            at = datetime.fromisoformat(try_["at"])
            assert at.utcoffset().total_seconds() == 8 * 3600, "the sample is in the school's own zone"
            second = at.hour * 3600 + at.minute * 60 + at.second
            row = day[try_["student"]]
            if row["status"] != "absent" and opens <= second <= closes:
                row["repeated"] += 1
            elif not opens <= second <= closes:
                row["refused"].append("out-of-window")
            elif vincenty_m(try_["lat"], try_["lng"], lat, lng) > rule["radius_m"]:
                row["refused"].append("out-of-range")
            elif second <= on_time:
                row["status"] = "on_time"
            else:
                row["status"], row["late_s"] = "late", second - on_time
    json.dump(day, sys.stdout, ensure_ascii=False, sort_keys=True, indent=1)


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


if __name__ == "__main__":
    main(sys.argv[1])
