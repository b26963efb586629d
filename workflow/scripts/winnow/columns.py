"""Names of the canonical columns, samples and files that the stages hand to each other."""

SOURCE = "source"
ROW = "row"
EVENT_ID = "event_id"
PROCESS = "process"
CLASS = "class"
WEIGHT = "weight"
SAMPLE = "sample"
FOLD = "fold"

CANONICAL = (SOURCE, ROW, EVENT_ID, PROCESS, CLASS, WEIGHT, SAMPLE, FOLD)

TRAIN = "train"
VALIDATION = "validation"
TEST = "test"

SAMPLES = (TRAIN, VALIDATION, TEST)

# what becomes of each entry of a file without labels, in the order of the codes in a ROOT tree
STATUS = "status"
STATUSES = SCORED, CUT, REJECTED = ("scored", "cut", "rejected")

# what a network knows of an event that it scores: its sample in training, or nothing
ROLE, UNSEEN = "role", "unseen"
ROLES = "roles.parquet"

# The two ways of looking for a best cut: at every distinct score, and at the config's even cuts.
EXACT, GRID = "exact", "grid"

# pictures: what a pixel holds, its class, and the pixel that each object of an event is in
PIXEL, VALUE, PIXEL_CLASS, OBJECT_PIXEL = "pixel", "value", "pixel_class", "object_pixel"
# which hit of an event a score is of, and in which plane it is
HIT, PLANE = "hit", "plane"
PICTURE = "picture"
"""The name of a network's input where it is a picture."""

# a systematic variation, and where it moves something
VARIATION, DIRECTION = "variation", "direction"
UP, DOWN = DIRECTIONS = ("up", "down")

SCORE_PREFIX = "score_"
# what a network that copies its input tells of an event, in place of scores
RECONSTRUCTION_ERROR = "reconstruction_error"
# the same of a learned transform, beside the scores
ANOMALY_SCORE = "anomaly_score"


def score_column(class_name: str) -> str:
    """Return the name of the column that holds the network's score for a class."""
    return f"{SCORE_PREFIX}{class_name}"


ENTRY = "Entry$"
"""Among the columns of an event's id: its number in its file, as TTree::Draw calls it."""
