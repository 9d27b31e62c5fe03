"""What windows of one keyed stream do, by the letter: every element of every window in a list, every timer in a set.

A model to compare the operators of weir with, so it shares nothing with them. Timers of a window are triples of clock,
time and owner; the end of a window's life is such a timer, too, and whoever deletes that time deletes it.
"""

MIN = -(2**63)
MAX = 2**63 - 1
CONTINUE, FIRE, PURGE, FIRE_AND_PURGE = range(4)


def truncated_rest(value, divisor):
    """The rest of a division that rounds towards zero."""
    rest = abs(value) % divisor
    return rest if value >= 0 else -rest


def last_instant(window):
    return window[1] if window[1] == MAX else window[1] - 1


# ---- which windows --------------------------------------------------------------------------------------------------


def window_start(time, offset, size):
    return time - (time - offset) % size


def assigned_windows(assigner, key, value, time):
    kind = assigner["type"]
    if kind == "global":
        return [(MIN, MAX)]
    if kind == "session":
        gap = assigner["gap"]
        for rule in assigner.get("gap_rules", []):
            if rule.get("k", key) == key and rule.get("v", value) == value:
                gap = rule["gap"]
                break
        return [(time, time + gap)]
    size, offset = assigner["size"], assigner.get("offset", 0)
    slide = assigner.get("slide", size)
    windows = []
    start = window_start(time, offset, slide)
    while start > time - size:
        windows.append((start, start + size))
        start -= slide
    return windows


# ---- when they fire -------------------------------------------------------------------------------------------------


class Trigger:
    """Answers for one window of one key; `at` gives it that window's state, its timers and both clocks."""

    def __init__(self, said):
        self.said = said

    def on_event_time(self, at, time):
        return CONTINUE

    def on_processing_time(self, at, time):
        return CONTINUE

    def merge(self, at, sources):
        pass

    def clear(self, at):
        pass


class NeverTrigger(Trigger):
    def on_element(self, at, value, time):
        return CONTINUE


class EventTimeTrigger(Trigger):
    def on_element(self, at, value, time):
        if last_instant(at.window) <= at.watermark:
            return FIRE
        at.register("event", last_instant(at.window))
        return CONTINUE

    def on_event_time(self, at, time):
        return FIRE if time == last_instant(at.window) else CONTINUE

    def merge(self, at, sources):
        if last_instant(at.window) > at.watermark:
            at.register("event", last_instant(at.window))

    def clear(self, at):
        at.delete("event", last_instant(at.window))


class ProcessingTimeTrigger(Trigger):
    def on_element(self, at, value, time):
        at.register("processing", last_instant(at.window))
        return CONTINUE

    def on_processing_time(self, at, time):
        return FIRE

    def merge(self, at, sources):
        if last_instant(at.window) > at.now:
            at.register("processing", last_instant(at.window))

    def clear(self, at):
        at.delete("processing", last_instant(at.window))


class CountTrigger(Trigger):
    def on_element(self, at, value, time):
        at.state["count"] = at.state.get("count", 0) + 1
        if at.state["count"] < self.said["n"]:
            return CONTINUE
        del at.state["count"]
        return FIRE

    def merge(self, at, sources):
        at.state["count"] = at.state.get("count", 0) + sum(each.get("count", 0) for each in sources)

    def clear(self, at):
        at.state.pop("count", None)


class PurgingTrigger(Trigger):
    def __init__(self, said):
        super().__init__(said)
        self.inner = trigger_of(said["inner"])

    @staticmethod
    def purged(result):
        return FIRE_AND_PURGE if result & FIRE else result

    def on_element(self, at, value, time):
        return self.purged(self.inner.on_element(at, value, time))

    def on_event_time(self, at, time):
        return self.purged(self.inner.on_event_time(at, time))

    def on_processing_time(self, at, time):
        return self.purged(self.inner.on_processing_time(at, time))

    def merge(self, at, sources):
        self.inner.merge(at, sources)

    def clear(self, at):
        self.inner.clear(at)


class ContinuousTrigger(Trigger):
    """Of both clocks; `state["fire"]` is when it fires next."""

    def __init__(self, said):
        super().__init__(said)
        self.clock = "event" if said["type"] == "continuous_event_time" else "processing"

    def set_next(self, at, time):
        at.state["fire"] = min(time, last_instant(at.window))
        at.register(self.clock, at.state["fire"])

    def on_element(self, at, value, time):
        if self.clock == "event":
            if last_instant(at.window) <= at.watermark:
                return FIRE
            at.register("event", last_instant(at.window))
        else:
            time = at.now
        if "fire" not in at.state:
            interval = self.said["interval"]
            self.set_next(at, time - truncated_rest(time, interval) + interval)
        return CONTINUE

    def reached(self, at, time):
        if at.state.get("fire") != time:
            return CONTINUE
        self.set_next(at, time + self.said["interval"])
        return FIRE

    def on_event_time(self, at, time):
        if self.clock != "event":
            return CONTINUE
        return FIRE if time == last_instant(at.window) else self.reached(at, time)

    def on_processing_time(self, at, time):
        return self.reached(at, time) if self.clock == "processing" else CONTINUE

    def merge(self, at, sources):
        times = [each["fire"] for each in [at.state, *sources] if "fire" in each]
        if times:
            at.state["fire"] = min(times)
            at.register(self.clock, at.state["fire"])

    def clear(self, at):
        if "fire" in at.state:
            at.delete(self.clock, at.state.pop("fire"))


class DeltaTrigger(Trigger):
    def on_element(self, at, value, time):
        if "last" not in at.state:
            at.state["last"] = value
            return CONTINUE
        if value - at.state["last"] <= self.said["threshold"]:
            return CONTINUE
        at.state["last"] = value
        return FIRE

    def clear(self, at):
        at.state.pop("last", None)


class TimeoutTrigger(Trigger):
    def __init__(self, said):
        super().__init__(said)
        self.inner = trigger_of(said["inner"])

    def on_element(self, at, value, time):
        result = self.inner.on_element(at, value, time)
        if result & FIRE:
            self.clear(at)
            return result
        if "timeout" in at.state and self.said["reset_on_record"]:
            at.delete("processing", at.state.pop("timeout"))
        if "timeout" not in at.state:
            at.state["timeout"] = at.now + self.said["timeout"]
            at.register("processing", at.state["timeout"])
        return result

    def timed_out(self, at, result):
        if self.said["clear_on_timeout"]:
            self.clear(at)
        return FIRE_AND_PURGE if result & PURGE else FIRE

    def on_event_time(self, at, time):
        return self.timed_out(at, self.inner.on_event_time(at, time))

    def on_processing_time(self, at, time):
        return self.timed_out(at, self.inner.on_processing_time(at, time))

    def clear(self, at):
        if "timeout" in at.state:
            at.delete("processing", at.state.pop("timeout"))
        self.inner.clear(at)


TRIGGERS = {
    "never": NeverTrigger,
    "event_time": EventTimeTrigger,
    "processing_time": ProcessingTimeTrigger,
    "count": CountTrigger,
    "purging": PurgingTrigger,
    "continuous_event_time": ContinuousTrigger,
    "continuous_processing_time": ContinuousTrigger,
    "delta": DeltaTrigger,
    "processing_timeout": TimeoutTrigger,
}


def trigger_of(said):
    return TRIGGERS[said["type"]](said)


def own_trigger(assigner):
    if assigner["type"] == "global":
        return {"type": "event_time" if assigner.get("end_of_stream_trigger") else "never"}
    return {"type": "processing_time" if assigner["time"] == "processing" else "event_time"}


# ---- what is taken out ----------------------------------------------------------------------------------------------


def evicted(evictor, elements):
    """What `evictor` leaves of [(value, time)]."""
    if not elements:
        return []
    if evictor["type"] == "count":
        return elements[-evictor["n"] :]
    if evictor["type"] == "time":
        if elements[0][1] is None:
            return elements
        newest = max(MIN if time is None else time for _, time in elements)
        return [each for each in elements if (MIN if each[1] is None else each[1]) > newest - evictor["size"]]
    last = elements[-1][0]
    return [each for each in elements if last - each[0] < evictor["threshold"]]


# ---- the operator ---------------------------------------------------------------------------------------------------


class WindowOfKey:
    """What a trigger sees."""

    def __init__(self, operator, key, window):
        self.operator, self.owner, self.window = operator, (key, window), window
        self.state = operator.trigger_states.setdefault(self.owner, {})
        self.watermark, self.now = operator.watermark, operator.now

    def register(self, clock, time):
        self.operator.timers.add((clock, time, self.owner))

    def delete(self, clock, time):
        self.operator.timers.discard((clock, time, self.owner))


class WindowOperator:
    def __init__(self, pipeline):
        self.assigner = pipeline["assigner"]
        said = pipeline["trigger"]
        self.trigger = trigger_of(own_trigger(self.assigner) if said == "default" else said)
        self.evictor = pipeline.get("evictor")
        self.lateness = pipeline.get("allowed_lateness", 0)
        self.form = pipeline["emit"]
        self.by_watermark = self.assigner["type"] != "global" and self.assigner["time"] == "event"
        self.merges = self.assigner["type"] == "session"
        self.watermark, self.now = MIN, 0
        self.contents, self.trigger_states, self.timers = {}, {}, set()
        self.results, self.late = [], []

    def cleanup_time(self, window):
        last = last_instant(window)
        return min(last + self.lateness, MAX) if self.by_watermark else last

    def is_late(self, window):
        return self.by_watermark and self.cleanup_time(window) <= self.watermark

    def cleanup_timer(self, owner):
        clock = "event" if self.by_watermark else "processing"
        return clock, self.cleanup_time(owner[1]), owner

    def take(self, key, value, time):
        at = time if self.assigner.get("time") != "processing" else self.now
        skipped = True
        for window in assigned_windows(self.assigner, key, value, at):
            if self.merges:
                window = self.merged(key, window)
            owner = (key, window)
            if self.is_late(window):
                self.contents.pop(owner, None)
                continue
            skipped = False
            self.contents.setdefault(owner, []).append((value, time))
            self.act(owner, self.trigger.on_element(WindowOfKey(self, *owner), value, MIN if time is None else time))
            if self.cleanup_time(window) != MAX:
                self.timers.add(self.cleanup_timer(owner))
        if skipped and self.by_watermark and time + self.lateness <= self.watermark:
            self.late.append({"out": [key, value], "ts": time})

    def merged(self, key, added):
        """The window of which `added` becomes part: with all that it touches, and all that those touch."""
        held = sorted(owner[1] for owner in self.contents if owner[0] == key)
        whole, sources = added, []
        for window in held:
            if window[0] <= added[1] and window[1] >= added[0]:
                whole = (min(whole[0], window[0]), max(whole[1], window[1]))
                sources.append(window)
        if not sources or sources == [whole]:
            return whole
        elements, states = [], []
        for window in sources:
            owner = (key, window)
            elements += self.contents.pop(owner)
            states.append(self.trigger_states.pop(owner, {}))
            self.timers = {each for each in self.timers if each[2] != owner}
        self.contents[(key, whole)] = elements
        self.trigger.merge(WindowOfKey(self, key, whole), states)
        return whole

    def act(self, owner, result):
        elements = self.contents.get(owner, [])
        if result & FIRE and elements:
            before = self.evictor and not self.evictor.get("after", False)
            after = self.evictor and self.evictor.get("after", False)
            if before:
                elements = evicted(self.evictor, elements)
            self.emit(owner, elements)
            if after:
                elements = evicted(self.evictor, elements)
            self.contents[owner] = elements
        if result & PURGE:
            self.contents[owner] = []

    def emit(self, owner, elements):
        key, window = owner
        out = [key, sum(value for value, _ in elements)]
        if self.form == "kvw":
            out += window
        elif self.form == "kvn":
            out.append(len(elements))
        self.results.append({"out": out, "ts": last_instant(window)})

    def fire_until(self, clock, time):
        while True:
            due = sorted(each for each in self.timers if each[0] == clock and each[1] <= time)
            if not due:
                return
            timer = due[0]
            self.timers.discard(timer)
            self.reached(*timer)

    def reached(self, clock, time, owner):
        if owner not in self.contents:
            return  # of a window that has become part of another one
        at = WindowOfKey(self, *owner)
        ask = self.trigger.on_event_time if clock == "event" else self.trigger.on_processing_time
        self.act(owner, ask(at, time))
        if self.cleanup_time(owner[1]) != MAX and (clock, time, owner) == self.cleanup_timer(owner):
            self.contents.pop(owner)
            self.trigger.clear(at)
            self.trigger_states.pop(owner, None)

    def advance(self, time):
        self.watermark = time
        self.fire_until("event", time)
        self.results.append({"wm": time})

    def advance_clock(self, time):
        self.now = time
        self.fire_until("processing", time)

    def restore(self):
        self.watermark = MIN

    def overdue(self):
        """Whether a timer of the wall clock lies in the past: it fires when the clock moves, or on a restore."""
        return any(each[0] == "processing" and each[1] <= self.now for each in self.timers)

    def forgotten_windows(self):
        """Whether a window has outlived its end, because its trigger deleted the timer there."""
        now = self.watermark if self.by_watermark else self.now
        return any(self.cleanup_time(owner[1]) <= now for owner in self.contents)
