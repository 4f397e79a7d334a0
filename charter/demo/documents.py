"""Made-up documents of every kind that evidence may be: real files that open, each saying that it is an example."""

import io
from datetime import date
from random import Random

NOTE = "Example document for a demonstration. The employer and the people in it are made up."

POLICIES = {
    "Asking for adjustments": [
        "Anyone can ask for an adjustment, at any time. You do not need a diagnosis.",
        "Talk to your line manager or to the office. We will answer within five working days.",
        "Simple changes, such as a different chair or a later start, are made within four weeks.",
        "We write down what we agree and look at it again every year.",
    ],
    "Flexible working": [
        "Everyone can ask for flexible working from their first day.",
        "Write to your manager with what you would like to change. We answer within four weeks, with reasons.",
        "For work that has to be done on site we look at start times, swaps and longer or shorter days.",
    ],
    "Raising a concern": [
        "If something is not right, say so. You can speak to your manager, to the owner, or to our outside contact.",
        "You will get a reply within ten working days. Nobody is treated worse for speaking up.",
    ],
    "Risk assessment: health, safety and stress": [
        "We looked at lifting, noise, driving, working alone and work-related stress.",
        "For stress we use six headings: demands, control, support, relationships, role and change.",
        "Results were shared at the team meeting and are on the noticeboard.",
    ],
    "Absence and coming back to work": [
        "When somebody is off sick we keep in touch every week, in the way they choose.",
        "Before they come back we plan the first four weeks together. Access to Work and WorkWell can help.",
    ],
}


def policy_pdf(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A short policy as a PDF: its file name and content."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.lib.utils import escapeOnce
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    title = random.choice(list(POLICIES))
    styles = getSampleStyleSheet()
    out = io.BytesIO()
    story = [
        Paragraph(escapeOnce(employer), styles["Heading3"]),
        Paragraph(title, styles["Title"]),
        *[part for text in POLICIES[title] for part in (Paragraph(text, styles["BodyText"]), Spacer(1, 8))],
        Paragraph(f"Agreed on {on:%d %B %Y}. We look at this page again every year.", styles["Italic"]),
        Spacer(1, 24),
        Paragraph(NOTE, styles["Italic"]),
    ]
    SimpleDocTemplate(out, pagesize=A4, title=title, invariant=1).build(story)
    return f"{title.split(':')[0]}.pdf", out.getvalue()


def certificate_pdf(employer: str, title: str, starts_on: date, ends_on: date | None) -> tuple[str, bytes]:
    """A certificate of another scheme as a PDF: its file name and content."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.lib.utils import escapeOnce
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    out = io.BytesIO()
    story = [
        Paragraph("Certificate", styles["Title"]),
        Paragraph(escapeOnce(title), styles["Heading2"]),
        Paragraph(escapeOnce(employer), styles["Heading3"]),
        Paragraph(f"From {starts_on:%d %B %Y}" + (f" to {ends_on:%d %B %Y}" if ends_on else ""), styles["BodyText"]),
        Spacer(1, 24),
        Paragraph(NOTE, styles["Italic"]),
    ]
    SimpleDocTemplate(out, pagesize=A4, title=title, invariant=1).build(story)
    return "Certificate.pdf", out.getvalue()


def advert_docx(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A job advert as a Word document."""
    from docx import Document

    role = random.choice(["Team member", "Care worker", "Machine operator", "Office assistant", "Driver", "Chef"])
    document = Document()
    document.add_heading(f"{role} at {employer}", 1)
    document.add_paragraph("What you will do: work as part of a small team. We train you.")
    document.add_paragraph("What you need: to be reliable and willing to learn. Nothing else is required.")
    document.add_paragraph(
        "Hours can be shared or changed. To apply, send a note, ring us, or come in. "
        "Tell us if you need anything changed for the interview. We offer an interview to every disabled "
        "person who meets what the job needs."
    )
    document.add_paragraph(NOTE)
    out = io.BytesIO()
    document.save(out)
    return f"Job advert {on:%B %Y}.docx", out.getvalue()


def training_xlsx(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A training record as a spreadsheet."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Training"
    sheet.append(["Course", "Role", "People trained", "People in role", "Date"])
    for course in ("Fair selection", "Talking about health", "Mental health first aid"):
        people = random.randint(1, 9)
        sheet.append([course, "Managers", people, people + random.randint(0, 2), on.isoformat()])
    sheet.append([NOTE])
    out = io.BytesIO()
    book.save(out)
    return "Training record.xlsx", out.getvalue()


def notice_png(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A picture of a noticeboard page."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (900, 640), "#e9dfc9")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((90, 60, 810, 580), fill="#ffffff", outline="#8a7d62", width=4)
    lines = [
        employer,
        "",
        "Where to get help with your health",
        "NHS Talking Therapies",
        "WorkWell",
        "Access to Work",
        "",
        NOTE,
    ]
    for number, line in enumerate(lines):
        draw.text((130, 100 + number * 52), line[:80], fill="#16201b", font_size=26 if number < 3 else 20)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return "Noticeboard.png", out.getvalue()


def meeting_jpeg(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A photograph of meeting notes on a flip chart."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (800, 1000), "#f7f5ef")
    draw = ImageDraw.Draw(picture)
    lines = [
        "Team meeting",
        f"{on:%d %B %Y}",
        "1 Who leads on the charter",
        "2 What we will do this year",
        "3 Questions",
        NOTE,
    ]
    for number, line in enumerate(lines):
        draw.text((60, 80 + number * 110), line[:70], fill="#22306e", font_size=34 if number < 5 else 18)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return "Team meeting.jpg", out.getvalue()


def message_txt(employer: str, random: Random, on: date) -> tuple[str, bytes]:
    """A message to staff as plain text."""
    text = (
        f"To everyone at {employer}\n{on:%d %B %Y}\n\nWe have joined the Good Employment Charter. "
        "From now on one person in charge looks after it. Ask them anything, and tell them what would help you.\n\n"
        f"{NOTE}\n"
    )
    return "Message to staff.txt", text.encode()


KINDS = (policy_pdf, policy_pdf, advert_docx, training_xlsx, notice_png, meeting_jpeg, message_txt)
