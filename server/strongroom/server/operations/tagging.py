"""TagResource, UntagResource and ListResourceTags."""

from strongroom.server.core.errors import InvalidTag
from strongroom.server.core.fields import Request
from strongroom.server.core.key_states import ANY, EDITABLE
from strongroom.server.core.plural_fields import TagKeys, Tags
from strongroom.server.core.tags import MAX_TAGS, check_tags
from strongroom.server.operations import paging
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import managed
from strongroom.server.operations.parts import Parts
from strongroom.server.operations.stored_states import EDITABLE_STORED, as_stored
from strongroom.server.store import Tag, TooManyTags
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import tags_pb2 as messages

_SERVICE = "strongroom.v1.KeyService"


def _tag_resource(parts: Parts, call: Call) -> messages.TagResourceResponse:
    key = call.targets[0].key
    tags = [Tag(tag.tag_key, tag.tag_value) for tag in call.request.tags]
    with as_stored(key):
        try:
            parts.store.put_tags(key.key_id, tags, allowed_in=EDITABLE_STORED, most=MAX_TAGS)
        except TooManyTags:
            raise InvalidTag("Too many tags") from None
    return messages.TagResourceResponse()


def _untag_resource(parts: Parts, call: Call) -> messages.UntagResourceResponse:
    key = call.targets[0].key
    with as_stored(key):
        parts.store.remove_tags(key.key_id, call.request.tag_keys, allowed_in=EDITABLE_STORED)
    return messages.UntagResourceResponse()


def _list_resource_tags(parts: Parts, call: Call) -> messages.ListResourceTagsResponse:
    request, key = call.request, call.targets[0].key
    binding = ("ListResourceTags", call.caller.account_id, key.key_id)
    page = parts.store.list_tags(
        key.key_id,
        limit=paging.limit_of(request, MAX_TAGS),
        after=paging.after_of(parts, request, *binding),
    )
    return messages.ListResourceTagsResponse(
        tags=[v1.Tag(tag_key=tag.key, tag_value=tag.value) for tag in page.tags],
        **paging.end_of_page(parts, page.last if page.truncated else None, *binding),
    )


def _check_tags(request: Request) -> None:
    check_tags([tag.tag_key for tag in request.tags])


TAG_RESOURCE = Operation(
    name="TagResource",
    service=_SERVICE,
    request=messages.TagResourceRequest,
    response=messages.TagResourceResponse,
    fields=(fields.KEY_ID, Tags()),
    rules=(_check_tags,),
    uses=(managed("TagResource", EDITABLE),),
    is_read_only=False,
    run=_tag_resource,
)

UNTAG_RESOURCE = Operation(
    name="UntagResource",
    service=_SERVICE,
    request=messages.UntagResourceRequest,
    response=messages.UntagResourceResponse,
    fields=(fields.KEY_ID, TagKeys()),
    uses=(managed("UntagResource", EDITABLE),),
    is_read_only=False,
    run=_untag_resource,
)

LIST_RESOURCE_TAGS = Operation(
    name="ListResourceTags",
    service=_SERVICE,
    request=messages.ListResourceTagsRequest,
    response=messages.ListResourceTagsResponse,
    fields=(fields.KEY_ID, paging.limit_field(MAX_TAGS), paging.MARKER),
    uses=(managed("ListResourceTags", ANY),),
    run=_list_resource_tags,
)

OPERATIONS = (TAG_RESOURCE, UNTAG_RESOURCE, LIST_RESOURCE_TAGS)
