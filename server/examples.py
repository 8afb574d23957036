"""Examples: questions that the sample reports answer, offered while they are in the collection."""

SAMPLE_SOURCES = ("Dossier Sample Reports", "Dossier Sample Digest", "Dossier Sample Notes")
SAMPLE_QUESTIONS = (
    "Who became leader of IS-K in May 2020?",
    "How many people were arrested in Nangarhar?",
    "When did the Taliban seize the Kabul prison?",
    "Who was known as Qais?",
    "How many attacks by IS-K did the United Nations count?",
)
