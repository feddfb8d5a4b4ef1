"""When a long-lived process looks for garbage. A batch of a hundred deliveries makes some 100,000 objects that die by
themselves; Python's default of a look at every 700 costs a third of the sender's time. No Django import."""

import gc

YOUNG = 100_000


def calm() -> None:
    """Leave alone what the start of the process made, and look at the rest seldom. Call it once all is imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
