"""What StackStorm's Python actions are made from."""

import abc
import logging


class Action(abc.ABC):
    """Base of every Python action: it has the pack's configuration, a logger, and the key-value table."""

    description = None

    def __init__(self, config=None, action_service=None):
        self.config = config or {}
        self.action_service = action_service
        self.logger = logging.getLogger("st2.actions.python." + self.__class__.__name__)

    @property
    def datastore(self):
        """The key-value table, under the name that sensors give it."""
        return self.action_service

    @abc.abstractmethod
    def run(self, **kwargs):
        """Does the work. Returns the result, or a tuple of whether it succeeded and the result."""
