"""Random cases in the form of the published ones, with what naive models of the operators expect of them.

  python3 random_cases.py SEED COUNT > FILE      then: runner FILE

The same seed always makes the same cases; a case's id holds the seed that makes it alone.
"""

import json
import random
import sys

from naive_operators import ExpiringState, IntervalJoin, ProcessTimers, Rolling, WatermarkValve, merged_windows
from naive_windows import MAX, MIN, WindowOperator, assigned_windows


# ---- windows --------------------------------------------------------------------------------------------------------


def random_assigner(draw):
    kind = draw.choice(["tumbling", "tumbling", "sliding", "sliding", "session", "session", "session", "global"])
    if kind == "global":
        return {"type": kind, "end_of_stream_trigger": draw.random() < 0.3}
    assigner = {"type": kind, "time": draw.choice(["event", "event", "event", "processing"])}
    if kind == "session":
        assigner["gap"] = draw.randint(1, 12)
        if draw.random() < 0.3:
            lengths = [draw.randint(0, 20) for _ in range(2)]
            value = draw.randint(1, 4)
            assigner["gap_rules"] = [{"k": "a", "v": 3, "gap": lengths[0]}, {"v": value, "gap": lengths[1]}]
        return assigner
    assigner["size"] = draw.randint(1, 20)
    if kind == "sliding":
        assigner["slide"] = draw.randint(1, 12)
    reach = assigner.get("slide", assigner["size"]) - 1
    assigner["offset"] = draw.randint(-reach, reach)
    return assigner


def random_inner_trigger(draw, assigner):
    """A trigger that holds no other one."""
    kinds = ["count", "count", "continuous"]
    by_clock = assigner.get("time") == "processing"
    if assigner["type"] != "global":
        kinds.append("own")
    if assigner["type"] != "session":
        kinds.append("delta")
    kind = draw.choice(kinds)
    if kind == "count":
        return {"type": kind, "n": draw.randint(1, 5)}
    if kind == "own":
        return {"type": "processing_time" if by_clock else "event_time"}
    if kind == "delta":
        return {"type": kind, "threshold": draw.randint(0, 3), "delta": "new.v - last.v"}
    if assigner["type"] == "global":
        by_clock = draw.random() < 0.5
    kind = "continuous_processing_time" if by_clock else "continuous_event_time"
    return {"type": kind, "interval": draw.randint(1, 15)}


def random_trigger(draw, assigner):
    if draw.random() < 0.3:
        return "default"
    trigger = random_inner_trigger(draw, assigner)
    if draw.random() < 0.35:
        trigger = {"type": "purging", "inner": trigger}
    if assigner["type"] != "session" and draw.random() < 0.3:
        trigger = {
            "type": "processing_timeout",
            "inner": trigger,
            "timeout": draw.randint(1, 15),
            "reset_on_record": draw.random() < 0.5,
            "clear_on_timeout": draw.random() < 0.6,
        }
        if draw.random() < 0.2:
            trigger = {"type": "purging", "inner": trigger}
    return trigger


def random_evictor(draw):
    kind = draw.choice(["count", "time", "delta"])
    evictor = {"type": kind, "after": draw.random() < 0.4}
    if kind == "count":
        evictor["n"] = draw.randint(1, 4)
    elif kind == "time":
        evictor["size"] = draw.randint(1, 12)
    else:
        evictor["threshold"] = draw.randint(0, 3)
        evictor["delta"] = "last.v - x.v"
    return evictor


def random_window_pipeline(draw):
    assigner = random_assigner(draw)
    pipeline = {"key": "k", "assigner": assigner, "trigger": random_trigger(draw, assigner), "aggregate": "sum(v)"}
    pipeline["emit"] = draw.choice(["kv", "kvn"] if assigner["type"] == "global" else ["kv", "kvw", "kvn"])
    pipeline["incremental"] = draw.random() < 0.5
    if assigner.get("time") == "event":
        if draw.random() < 0.5:
            pipeline["allowed_lateness"] = draw.randint(0, 15)
        pipeline["late_output"] = draw.random() < 0.7
    # Where windows that merge hold elements, which of them come first is nobody's promise.
    if assigner["type"] != "session" and draw.random() < 0.3:
        pipeline["evictor"] = random_evictor(draw)
    return pipeline


def fires_without_end(pipeline):
    """A window that never ends and fires at each interval does so for ever once all time has passed."""
    said = json.dumps(pipeline["trigger"])
    return pipeline["assigner"]["type"] == "global" and "continuous_event_time" in said


def needs_event_time(pipeline):
    return pipeline["assigner"].get("time") == "event" or "event_time" in json.dumps(pipeline["trigger"])


def window_case(draw):
    pipeline = random_window_pipeline(draw)
    model = WindowOperator(pipeline)
    steps, watermark, clock, around = [], MIN, 0, draw.randint(-40, 40)
    for _ in range(draw.randint(12, 45)):
        op = draw.choices(["el", "wm", "pt", "snapshot_restore"], [70, 18, 15, 4])[0]
        step = {"op": op}
        if op == "el":
            around += draw.randint(0, 4)
            step.update(k=draw.choice("aab"), v=draw.randint(1, 4), ts=around + draw.randint(-18, 3))
            if draw.random() < 0.1 and not needs_event_time(pipeline):
                step["ts"] = None
            model.take(step["k"], step["v"], step["ts"])
        elif op == "wm":
            step["t"] = around + draw.randint(-14, 6)
            if step["t"] <= watermark:
                continue
            watermark = step["t"]
            model.advance(watermark)
        elif op == "pt":
            clock += draw.randint(1, 12)
            step["t"] = clock
            model.advance_clock(clock)
        else:
            if model.forgotten_windows() or model.overdue():
                continue
            watermark = MIN
            model.restore()
        steps.append(expecting(step, model))
    if draw.random() < 0.4 and not fires_without_end(pipeline):
        model.advance(MAX)
        steps.append(expecting({"op": "wm", "t": MAX}, model))
    return {"kind": "window", "pipeline": pipeline, "steps": steps}


def expecting(step, model):
    if model.results:
        step["expect"], model.results = model.results, []
    if getattr(model, "late", None):
        step["expect_late"], model.late = model.late, []
    return step


def assign_case(draw):
    vectors = []
    for _ in range(20):
        assigner = random_assigner(draw)
        if assigner["type"] == "global" or "gap_rules" in assigner:
            continue
        vector = {name: value for name, value in assigner.items() if name not in ("type", "time")}
        scale = draw.choice([1, 1, 1000, 3_600_000])
        vector = {name: value * scale for name, value in vector.items()}
        times = [draw.randint(-60 * scale, 60 * scale) for _ in range(8)]
        scaled = {"type": assigner["type"], **vector}
        vector["assign"] = [{"ts": at, "windows": assigned_windows(scaled, "a", 0, at)} for at in times]
        vectors.append(vector)
    return {"kind": "window_assign", "vectors": vectors}


def merge_case(draw):
    vectors = []
    for _ in range(20):
        starts = [draw.randint(-20, 40) for _ in range(draw.randint(1, 9))]
        windows = [(start, start + draw.randint(0, 9)) for start in starts]
        merges = [{"result": result, "sources": sources} for result, sources in merged_windows(windows)]
        vectors.append({"in": windows, "merges": merges})
    return {"kind": "merge_windows", "vectors": vectors}


# ---- other operators ------------------------------------------------------------------------------------------------


def join_case(draw):
    lower = draw.randint(-8, 8)
    pipeline = {"lower": lower, "upper": lower + draw.randint(2, 12), "late_output": True}
    pipeline["lower_inclusive"], pipeline["upper_inclusive"] = draw.random() < 0.6, draw.random() < 0.6
    model = IntervalJoin(pipeline)
    steps, around = [], draw.randint(-30, 30)
    for number in range(draw.randint(15, 50)):
        op = draw.choices(["left", "right", "wm_left", "wm_right", "snapshot_restore"], [35, 35, 14, 14, 2])[0]
        step = {"op": op}
        if op in ("left", "right"):
            around += draw.randint(0, 2)
            step.update(k=draw.choice("aab"), ts=around + draw.randint(-10, 2), id=f"{op[0]}{number}")
            pairs, late = model.take(op, step["k"], step["id"], step["ts"])
            if pairs:
                step["expect"] = pairs
            if late:
                step["expect_late"] = [step["id"]]
        elif op == "snapshot_restore":
            model.restore()
        else:
            side = op[3:]
            step["t"] = around + draw.randint(-8, 3)
            if step["t"] <= model.watermarks[side]:
                continue
            sent = model.advance(side, step["t"])
            if sent:
                step["expect"] = sent
        steps.append(step)
    return {"kind": "interval_join", "pipeline": pipeline, "steps": steps}


def timers_case(draw):
    pipeline = {"rearm": draw.randint(1, 9), "limit": draw.randint(0, 60)} if draw.random() < 0.4 else {}
    model = ProcessTimers(pipeline)
    steps, watermark, clock, around = [], MIN, 0, 0
    for _ in range(draw.randint(10, 35)):
        op = draw.choices(["el", "wm", "pt", "snapshot_restore"], [60, 20, 20, 5])[0]
        step = {"op": op}
        if op == "el":
            around += draw.randint(0, 3)
            commands = []
            for _ in range(draw.randint(1, 4)):
                clock_of = draw.choice("EP")
                name = draw.choice(["+", "+", "+", "-"])
                at = draw.randint(-8, 15) + (around if clock_of == "E" else clock)
                commands.append(draw.choice(["WM", "INC", *[f"{clock_of}{name} {at}"] * 6]))
            step.update(k=draw.choice("abc"), cmds=";".join(commands), ts=draw.choice([None, around, around]))
            model.take(step["k"], step["cmds"], step["ts"])
        elif op == "wm":
            step["t"] = around + draw.randint(-8, 12)
            if step["t"] <= watermark:
                continue
            watermark = step["t"]
            model.advance(watermark)
        elif op == "pt":
            clock += draw.randint(1, 12)
            step["t"] = clock
            model.advance_clock(clock)
        else:
            if model.overdue():
                continue
            watermark = MIN
            model.restore()
        expecting(step, model)
        step["event_timers_after"], step["proc_timers_after"] = len(model.timers["E"]), len(model.timers["P"])
        steps.append(step)
    return {"kind": "process_timers", "pipeline": pipeline, "steps": steps}


def ttl_case(draw):
    update = draw.choice(["OnCreateAndWrite", "OnCreateAndWrite", "OnReadAndWrite", "Disabled"])
    visibility = "NeverReturnExpired"
    if update == "OnCreateAndWrite" and draw.random() < 0.4:
        visibility = "ReturnExpiredIfNotCleanedUp"
    pipeline = {"ttl": draw.randint(5, 30), "update_type": update, "visibility": visibility}
    model = ExpiringState(pipeline)
    steps, clock = [], 0
    for _ in range(draw.randint(12, 40)):
        op = draw.choices(["el", "clock", "snapshot_restore"], [60, 35, 5])[0]
        step = {"op": op}
        if op == "el":
            commands = []
            for _ in range(draw.randint(1, 4)):
                name, value = draw.choice("xyz"), draw.randint(1, 99)
                known = [f"vput {value}", "vget", "vclear", f"ladd {value}", "lget"]
                known += [f"mput {name} {value}", f"mget {name}", f"mhas {name}", "mkeys"]
                if update == "OnReadAndWrite" or visibility == "ReturnExpiredIfNotCleanedUp":
                    known.remove("mkeys")  # whether going over the keys reads their values is nobody's promise
                commands.append(draw.choice(known))
            step.update(k=draw.choice("aab"), cmds=";".join(commands))
            results = model.take(step["k"], step["cmds"])
            if results:
                step["expect"] = results
        elif op == "clock":
            clock += draw.choice([1, 1, 2, pipeline["ttl"] - 1, pipeline["ttl"], draw.randint(1, 12)])
            step["t"] = model.now = clock
        steps.append(step)
    return {"kind": "ttl", "pipeline": pipeline, "steps": steps}


def rolling_case(draw):
    function = draw.choice(["sum", "min", "max", "minBy_first", "minBy_last", "maxBy_first", "maxBy_last"])
    model = Rolling(function)
    steps = []
    for number in range(draw.randint(8, 25)):
        if draw.random() < 0.08:
            steps.append({"op": "snapshot_restore"})
            continue
        given = [draw.choice("jk"), draw.randint(-3, 6), f"t{number}"]
        steps.append({"op": "el", "in": given, "expect": [{"out": model.take(*given)}]})
    return {"kind": "rolling", "pipeline": {"fn": function}, "steps": steps}


def valve_case(draw):
    channels = draw.randint(1, 5)
    model = WatermarkValve(channels)
    steps, around = [], -5
    for _ in range(draw.randint(10, 45)):
        around += draw.randint(0, 2)
        op = draw.choices(["wm", "idle", "active"], [60, 22, 18])[0]
        step = {"op": op, "ch": draw.randrange(channels)}
        if op == "wm":
            step["t"] = around + draw.randint(-8, 4)
            sent = model.watermark(step["ch"], step["t"])
        else:
            sent = (model.idle if op == "idle" else model.activate)(step["ch"])
        if sent:
            step["expect"] = sent
        steps.append(step)
    return {"kind": "watermark_valve", "pipeline": {"channels": channels}, "steps": steps}


# ---- all ------------------------------------------------------------------------------------------------------------

# How many in a hundred cases are of each kind.
KINDS = [
    (window_case, 58),
    (join_case, 12),
    (timers_case, 10),
    (ttl_case, 9),
    (rolling_case, 3),
    (valve_case, 6),
    (assign_case, 1),
    (merge_case, 1),
]


def random_case(seed):
    draw = random.Random(seed)
    make = draw.choices([make for make, _ in KINDS], [share for _, share in KINDS])[0]
    return {"id": f"random {seed}", **make(draw)}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: random_cases.py SEED COUNT")
    first, count = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps([random_case(seed) for seed in range(first, first + count)]))


if __name__ == "__main__":
    main()
