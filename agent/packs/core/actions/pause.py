"""Waits, and returns for how many seconds."""

import random as numbers
import time

from st2common.runners.base_action import Action


class Pause(Action):
    def run(self, max_pause, random=False):
        seconds = numbers.randint(1, max_pause) if random else max_pause
        time.sleep(seconds)
        return seconds
