"""The composition root of background work: which function runs each kind of job.

Apart from `app`, so that a process which only runs jobs need not load the web framework.
"""

from collections.abc import Callable, Mapping

from menagerie.core import (
    annotations,
    exports,
    freezing,
    overview,
    passwords,
    quality,
    recognition,
    rendering,
    snapshots,
)

JOBS: Mapping[str, Callable[..., None]] = {
    annotations.MEASURE: annotations.measure_coverage,
    exports.WRITE: exports.write,
    snapshots.FREEZE: freezing.freeze_job,
    rendering.RENDER: rendering.render_image,
    rendering.OPTIMISE: rendering.optimise,
    overview.CHECK: overview.check,
    passwords.RESET_JOB: passwords.send_reset,
    quality.MEASURE: quality.measure,
    recognition.CLASSIFY: recognition.classify,
}
"""What `jobs.Worker` runs, by kind."""
