"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# No assertion about time: a machine with other work to do is no defect.
settings.register_profile("strongroom", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("strongroom")
