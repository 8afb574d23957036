"""Examples: questions that the sample reports answer, offered while they are in the collection."""

SAMPLE_SOURCES = ("Dossier Sample Reports", "Dossier Sample Digest", "Dossier Sample Notes")
SAMPLE_QUESTIONS = (
    "Who is Shahab al-Muhajir?",
    "How many people were arrested in Nangarhar?",
    "How many US soldiers were killed at Kabul airport?",
    "When was the Longan Hotel attacked?",
    "Who was known as Qais?",
)
