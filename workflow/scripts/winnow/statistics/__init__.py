"""What an analysis is judged by: yields, figures of merit, ROC curves, comparisons."""
