"""A student's first day, through a client that was generated from openapi.json.

Usage: first_day.py ADDRESS ADMIN_KEY
"""

import sys
import uuid

from ella_client import AuthenticatedClient, Client
from ella_client.api.authentication import sign_in
from ella_client.api.classroom_dashboard import conversation_transcript, stats
from ella_client.api.conversation_sessions import (
    complete_conversation,
    create_conversation,
    create_message,
    list_conversations,
    list_messages,
    read_conversation,
)
from ella_client.api.placement_screening import create_placement, latest_placement, list_placements
from ella_client.api.progress import progress_summary
from ella_client.api.student_profiles import me, update_me, update_settings
from ella_client.api.system import health
from ella_client.api.voice_ai_orchestration import (
    conversation_starter,
    conversation_turn,
    placement_turn,
    session_analysis,
)
from ella_client.models import (
    AnalysisRequest,
    CefrLevel,
    Completion,
    FocusChanges,
    HistoryTurn,
    NewConversation,
    NewMessage,
    NewPlacement,
    NewStarter,
    NewTurn,
    PlacementTurn,
    ProfileChanges,
    Role,
    SettingsChanges,
    SignIn,
    TranscriptTurn,
)


def expect(status, call, **arguments):
    """What a call answers, parsed; the status has to be this one."""
    answer = call.sync_detailed(**arguments)
    assert answer.status_code == status, f"{call.__name__}: {answer.status_code} {answer.content!r}"
    assert answer.parsed is not None, f"{call.__name__}: the answer was not understood"
    return answer.parsed


address, admin_key = sys.argv[1:]
anyone = Client(base_url=address)
assert expect(200, health, client=anyone).database.status == "ok"

# Sign in: the device is new, and so is the student.
device = uuid.uuid4()
signed_in = expect(200, sign_in, client=anyone, body=SignIn(device_id=device))
assert signed_in.created and signed_in.token_type == "bearer"
assert not expect(200, sign_in, client=anyone, body=SignIn(device_id=device)).created
student = AuthenticatedClient(base_url=address, token=signed_in.access_token)

# Say who one is, and what one wants to work on.
assert expect(200, me, client=student).name is None
profile = expect(200, update_me, client=student, body=ProfileChanges(name="Ana", age=12))
assert (profile.name, profile.age, profile.id) == ("Ana", 12, signed_in.user_id)
wishes = SettingsChanges(focus=FocusChanges(vocab=False))
focus = expect(200, update_settings, client=student, body=wishes).settings.focus
assert (focus.grammar, focus.vocab, focus.fluency) == (True, False, True)

# Be placed.
expect(404, latest_placement, client=student)
opening = expect(200, placement_turn, client=student, body=PlacementTurn())
history = [HistoryTurn(role=Role.ASSISTANT, content=opening.reply)]
expect(200, placement_turn, client=student, body=PlacementTurn(history=history, text="I am Ana and I like cats."))
transcript = [TranscriptTurn(role=Role.USER, content="I am Ana and I like cats.")]
outcome = NewPlacement(cefr_level=CefrLevel.A2, confidence=0.8, transcript=transcript)
placed = expect(201, create_placement, client=student, body=outcome)
assert expect(200, latest_placement, client=student).id == placed.id
assert [item.turn_count for item in expect(200, list_placements, client=student).items] == [1]
assert expect(200, me, client=student).cefr_level == CefrLevel.A2

# The first call.
call = expect(201, create_conversation, client=student, body=NewConversation(topic="my cat"))
expect(200, conversation_starter, client=student, body=NewStarter(conversation_id=call.id))
turn = NewTurn(conversation_id=call.id, text="My cat have two white foots.")
# As text: an optional header is passed on as it is.
retry_key = str(uuid.uuid4())
answer = expect(200, conversation_turn, client=student, body=turn, idempotency_key=retry_key)
again = expect(200, conversation_turn, client=student, body=turn, idempotency_key=retry_key)
assert answer.reply and again.reply_message_id == answer.reply_message_id
words = NewMessage(role=Role.USER, content="She sleeps all day.")
expect(201, create_message, id=call.id, client=student, body=words)
page = expect(200, list_messages, id=call.id, client=student, limit=3)
rest = expect(200, list_messages, id=call.id, client=student, cursor=page.next_cursor)
assert [message.position for message in page.items + rest.items] == [1, 2, 3, 4]
ended = expect(200, complete_conversation, id=call.id, client=student, body=Completion(duration_seconds=90))
assert ended.status == "completed" and ended.duration_seconds == 90
expect(409, create_message, id=call.id, client=student, body=words)
assert expect(200, read_conversation, id=call.id, client=student).message_count == 4
assert [item.id for item in expect(200, list_conversations, client=student).items] == [call.id]

# How it went.
analysis = expect(200, session_analysis, client=student, body=AnalysisRequest(conversation_id=call.id))
assert analysis.courage.turns == 2 and 0 < analysis.courage.score <= 100
progress = expect(200, progress_summary, client=student, tz="Europe/Lisbon")
assert (progress.total_calls, progress.speaking_time_seconds, progress.current_streak_days) == (1, 90, 1)

# Nobody else sees it, but the teacher does.
other = expect(200, sign_in, client=anyone, body=SignIn(device_id=uuid.uuid4()))
stranger = AuthenticatedClient(base_url=address, token=other.access_token)
expect(404, read_conversation, id=call.id, client=stranger)
expect(401, stats, client=student)
teacher = AuthenticatedClient(base_url=address, token=admin_key, prefix="", auth_header_name="X-Admin-Key")
assert expect(200, stats, client=teacher).students.total == 2
assert len(expect(200, conversation_transcript, id=call.id, client=teacher).messages) == 4

print("a good first day")
