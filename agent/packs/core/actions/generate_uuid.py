"""Makes a UUID of the type that is asked for."""

import uuid

from st2common.runners.base_action import Action

MAKERS = {"uuid1": uuid.uuid1, "uuid4": uuid.uuid4}


class GenerateUuid(Action):
    def run(self, uuid_type="uuid4"):
        return str(MAKERS[uuid_type]())
