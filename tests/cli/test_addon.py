"""`recorder addon`."""

from recorder.transcript import data_folder


def test_the_scripts_path_is_printed(run):
    """Ready for `mitmdump -s "$(recorder addon)"`."""
    assert run("addon").out == f"{data_folder('addons') / 'record_websockets.py'}\n"
