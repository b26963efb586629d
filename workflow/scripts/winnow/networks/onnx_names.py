"""Names that an ONNX network has for what goes in and comes out."""

FEATURES, OUTPUTS = "features", "outputs"
ONNX, KERAS = "onnx", "keras"
"""What a passport's `serves` says: which of the two scores a model."""
