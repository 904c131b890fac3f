"""What can be wrong with money and proofs, each with the code that picks its Spanish answer."""

from __future__ import annotations

from vallebot.errors import InvalidError, VallebotError


class WrongPaymentState(VallebotError):
    """The payment's state does not allow the step (it was decided before, or given back); facts: payment_id, state."""

    code = "wrong_payment_state"


class AmountMissing(InvalidError):
    """Neither the person nor the proof says how much, and nothing is owed that could tell it."""

    code = "amount_missing"


class AlreadyInformed(VallebotError):
    """The client announced a payment of that amount already: confirm it instead of counting the money twice.
    Facts: payment_id, amount_minor, currency."""

    code = "already_informed"


class NotSoMuchLeft(VallebotError):
    """Only what is not applied to charges can be given back; facts: payment_id, left_minor, currency."""

    code = "not_so_much_left"


class CargoSettled(VallebotError):
    """Nothing is owed for it (any more); facts: cargo_id, state."""

    code = "cargo_settled"


class ProofError(VallebotError):
    """Base of what is wrong with a proof of payment."""

    code = "proof_unusable"


class DuplicateProof(ProofError):
    """This proof was sent before and is live."""

    code = "duplicate_proof"


class ProofTooBig(ProofError):
    """The file exceeds the limit of its type; facts: max_megabytes."""

    code = "proof_too_big"


class ProofTypeUnknown(ProofError):
    """The content is no image or PDF that we take, whatever the sender called it."""

    code = "proof_type_unknown"


class AttachmentGone(VallebotError):
    """WhatsApp does not have the file any more (it keeps them for seven days), or could not give it out in time."""

    code = "attachment_gone"
