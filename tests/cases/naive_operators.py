"""What interval joins, process functions, expiring state, rolling aggregates and the merging of watermarks do, by the
letter: a model to compare the operators of weir with, so it shares nothing with them."""

from naive_windows import MAX, MIN


class IntervalJoin:
    """Both sides lie in lists; a record leaves its list by a timer."""

    def __init__(self, pipeline):
        self.lower = pipeline["lower"] + (0 if pipeline.get("lower_inclusive", True) else 1)
        self.upper = pipeline["upper"] - (0 if pipeline.get("upper_inclusive", True) else 1)
        self.buffers = {"left": [], "right": []}
        self.restore()

    def restore(self):
        self.watermarks = {"left": MIN, "right": MIN}
        self.watermark = MIN

    def take(self, side, key, name, time):
        """What comes out, and whether the record is late."""
        if time < self.watermark:
            return [], True
        self.buffers[side].append((key, name, time))
        pairs = []
        for other in self.buffers["right" if side == "left" else "left"]:
            left, right = ((key, name, time), other) if side == "left" else (other, (key, name, time))
            if left[0] == right[0] and left[2] + self.lower <= right[2] <= left[2] + self.upper:
                pairs.append({"out": f"{left[1]},{right[1]}", "ts": max(left[2], right[2])})
        return pairs, False

    def advance(self, side, time):
        self.watermarks[side] = max(self.watermarks[side], time)
        least = min(self.watermarks.values())
        if least <= self.watermark:
            return []
        self.watermark = least
        kept_for = {"left": max(self.upper, 0), "right": max(-self.lower, 0)}
        for each, buffer in self.buffers.items():
            self.buffers[each] = [held for held in buffer if held[2] + kept_for[each] > least]
        return [{"wm": least}]


class ProcessTimers:
    """A process function that does what its records command."""

    def __init__(self, pipeline):
        self.rearm, self.limit = pipeline.get("rearm", 0), pipeline.get("limit", 0)
        self.watermark, self.now = MIN, 0
        self.timers, self.counts, self.results = {"E": set(), "P": set()}, {}, []

    def emit(self, text, time):
        self.results.append({"out": text} if time is None else {"out": text, "ts": time})

    def take(self, key, commands, time):
        for command in commands.split(";"):
            if command == "WM":
                self.emit(f"wm={self.watermark}", time)
            elif command == "INC":
                self.counts[key] = self.counts.get(key, 0) + 1
                self.emit(f"cnt={self.counts[key]}", time)
            else:
                timer = (int(command[3:]), key)
                (self.timers[command[0]].add if command[1] == "+" else self.timers[command[0]].discard)(timer)

    def fire_until(self, clock, until):
        while True:
            due = sorted(timer for timer in self.timers[clock] if timer[0] <= until)
            if not due:
                return
            time, key = due[0]
            self.timers[clock].discard(due[0])
            seen = f":cnt={self.counts[key]}" if key in self.counts else ""
            self.emit(f"{clock}:{key}:{time}{seen}", time if clock == "E" else None)
            if clock == "E" and self.rearm and time + self.rearm <= self.limit:
                self.timers["E"].add((time + self.rearm, key))

    def advance(self, time):
        self.watermark = time
        self.fire_until("E", time)
        self.results.append({"wm": time})

    def advance_clock(self, time):
        self.now = time
        self.fire_until("P", time)

    def overdue(self):
        """Whether a timer of the wall clock lies in the past: it fires when the clock moves, or on a restore."""
        return any(time <= self.now for time, _ in self.timers["P"])

    def restore(self):
        self.watermark = MIN


class ExpiringState:
    """A value, a list and a map of each key, of which everything carries the time of its last write, or access."""

    def __init__(self, pipeline):
        self.ttl = pipeline["ttl"]
        self.expires = pipeline["update_type"] != "Disabled"
        self.refreshes = pipeline["update_type"] == "OnReadAndWrite"
        self.returns_expired = pipeline["visibility"] == "ReturnExpiredIfNotCleanedUp"
        self.now = 0
        self.keys = {}

    def expired(self, entry):
        return self.expires and entry[1] + self.ttl <= self.now

    def read(self, entries, name):
        """The entry of a value or a map; an expired one is deleted by that."""
        entry = entries.get(name)
        if entry is None:
            return None
        if self.expired(entry):
            del entries[name]
            return entry[0] if self.returns_expired else None
        if self.refreshes:
            entries[name] = (entry[0], self.now)
        return entry[0]

    def take(self, key, commands):
        values, items, entries = self.keys.setdefault(key, ({}, [], {}))
        results = []
        for command in commands.split(";"):
            word, *given = command.split(" ")
            if word == "vput":
                values["v"] = (given[0], self.now)
            elif word == "vget":
                results.append(f"v={self.read(values, 'v') or 'null'}")
            elif word == "vclear":
                values.clear()
            elif word == "ladd":
                items.append((given[0], self.now))
            elif word == "lget":
                shown = [each for each in items if self.returns_expired or not self.expired(each)]
                results.append(f"l=[{', '.join(value for value, _ in shown)}]")
                if self.refreshes:
                    items[:] = [(value, self.now) for value, _ in shown]
            elif word == "mput":
                entries[given[0]] = (given[1], self.now)
            elif word == "mget":
                results.append(f"m[{given[0]}]={self.read(entries, given[0]) or 'null'}")
            elif word == "mhas":
                has = self.read(entries, given[0]) is not None
                results.append(f"has[{given[0]}]={'true' if has else 'false'}")
            elif word == "mkeys":
                shown = sorted(name for name, entry in entries.items() if not self.expired(entry))
                results.append(f"keys=[{', '.join(shown)}]")
        return [{"out": text} for text in results]


class Rolling:
    def __init__(self, function):
        self.function = function
        self.held = {}

    def take(self, key, value, tag):
        if key not in self.held:
            self.held[key] = (value, tag)
            return f"({key},{value},{tag})"
        was, first = self.held[key]
        name = self.function
        if name == "sum":
            self.held[key] = (was + value, first)
        elif name in ("min", "max"):
            self.held[key] = ((min if name == "min" else max)(was, value), first)
        else:
            better = value < was if name.startswith("minBy") else value > was
            if better or (value == was and name.endswith("last")):
                self.held[key] = (value, tag)
        return f"({key},{self.held[key][0]},{self.held[key][1]})"


class WatermarkValve:
    """Merges the watermarks of channels: each has a time, and is active or not, and aligned or not."""

    def __init__(self, channels):
        self.times = [MIN] * channels
        self.active = [True] * channels
        self.aligned = [True] * channels
        self.sent, self.is_idle = MIN, False

    def send_least(self):
        times = [time for time, aligned in zip(self.times, self.aligned) if aligned]
        return self.send(min(times)) if times else []

    def send(self, time):
        if time <= self.sent:
            return []
        self.sent = time
        return [f"wm {time}"]

    def watermark(self, channel, time):
        if not self.active[channel] or time <= self.times[channel]:
            return []
        self.times[channel] = time
        if time >= self.sent:
            self.aligned[channel] = True
        return self.send_least()

    def idle(self, channel):
        if not self.active[channel]:
            return []
        self.active[channel] = self.aligned[channel] = False
        held_back = self.times[channel] == self.sent
        if any(self.active):
            return self.send_least() if held_back else []
        self.is_idle = True
        return (self.send(max(self.times)) if held_back else []) + ["IDLE"]

    def activate(self, channel):
        if self.active[channel]:
            return []
        self.active[channel] = True
        self.aligned[channel] = self.times[channel] >= self.sent
        was_idle, self.is_idle = self.is_idle, False
        return ["ACTIVE"] if was_idle else []


def merged_windows(windows):
    """What becomes of windows that touch: [(result, sources)] of two sources at least."""
    groups = []
    for window in sorted(set(windows)):
        if groups and window[0] <= groups[-1][0][1]:
            (start, end), sources = groups[-1]
            groups[-1] = ((start, max(end, window[1])), sources + [window])
        else:
            groups.append((window, [window]))
    return [(result, sources) for result, sources in groups if len(sources) > 1]


