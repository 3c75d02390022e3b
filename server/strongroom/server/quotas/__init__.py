"""How many requests an account may make: rates that all workers of a deployment share."""

from strongroom.server.quotas.bucket_file import BucketFile
from strongroom.server.quotas.rates import Rates
from strongroom.server.quotas.refusals import Refusals, Why
from strongroom.server.quotas.request_quotas import RateQuotas, RequestQuotas, Unlimited

__all__ = [
    "BucketFile",
    "RateQuotas",
    "Rates",
    "Refusals",
    "RequestQuotas",
    "Unlimited",
    "Why",
]
