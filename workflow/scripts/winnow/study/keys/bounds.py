"""What several keys' values have in common, as keywords of JSON schema."""

from typing import Annotated

from winnow.study.typed import says

Positive = Annotated[float, says(exclusiveMinimum=0)]
NotNegative = Annotated[float, says(minimum=0)]
Fraction = Annotated[float, says(exclusiveMinimum=0, exclusiveMaximum=1)]
Share = Annotated[float, says(minimum=0, exclusiveMaximum=1)]
Count = Annotated[int, says(minimum=1)]
