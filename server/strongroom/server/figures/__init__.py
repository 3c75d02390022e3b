"""Figures of the processes: counted in memory, written to a file for each process once a second.

Nothing here knows Prometheus: `metrics/` serves what is in the files, for all processes at one address.
"""

from strongroom.server.figures import catalogue
from strongroom.server.figures.catalogue import FAMILIES, Family, Kind
from strongroom.server.figures.files import FIGURES_INTERVAL_S, FigureFile, clear_figures, read_figures
from strongroom.server.figures.process import NO_FIGURES, CallFigures, ProcessFigures, RequestFigures

__all__ = [
    "FAMILIES",
    "FIGURES_INTERVAL_S",
    "NO_FIGURES",
    "CallFigures",
    "Family",
    "FigureFile",
    "Kind",
    "ProcessFigures",
    "RequestFigures",
    "catalogue",
    "clear_figures",
    "read_figures",
]
