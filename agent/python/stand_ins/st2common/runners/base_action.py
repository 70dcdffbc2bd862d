"""The base class of StackStorm's Python actions."""

import abc

from st2common.runners.utils import PackConfigDict, get_logger_for_python_runner_action


class Action(abc.ABC):
    """Base of every Python action: it has the pack's configuration, a logger, and the key-value table."""

    description = None

    def __init__(self, config=None, action_service=None):
        self.config = PackConfigDict(config or {})
        self.action_service = action_service
        self.logger = get_logger_for_python_runner_action(type(self).__name__)

    @abc.abstractmethod
    def run(self, **kwargs):
        """Does the work. Returns the result, or a tuple of whether it succeeded and the result."""
