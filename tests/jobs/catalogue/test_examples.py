"""The example of every cmdlet is a call that can be read back."""

from jobs.catalogue.cmdlets import all_cmdlets
from jobs.catalogue.examples import example_line
from jobs.catalogue.powershell_reading import read_powershell
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.text_values import parse_text
from jobs.catalogue.validation import validate


def test_every_example_is_a_valid_call() -> None:
    wrong, checked = [], 0
    for cmdlet in all_cmdlets():
        line = example_line(cmdlet)
        if cmdlet.risk == "session" or "<" in line:
            continue
        reading = read_powershell(line)
        values = {name: parse_text(cmdlet.parameters[name], text) for name, text in reading.texts.items()}
        try:
            validate(cmdlet.name, values, service=cmdlet.services[0], app_only=False)
        except InvalidCall as invalid:
            if any(problem.parameter for problem in invalid.problems):
                wrong.append((line, str(invalid)))
        checked += 1
    print(f"{checked} examples, {len(wrong)} refused: {wrong[:5]}")
    assert checked > 900
    assert len(wrong) < 20
