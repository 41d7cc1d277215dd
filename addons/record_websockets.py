"""Record WebSockets and HTTP JSON-RPC in a mitmproxy, mitmdump or mitmweb of your own.

    mitmdump -s addons/record_websockets.py --mode reverse:http://127.0.0.1:3014@4014 --set capture=run.jsonl

Parties connect to port 4014 instead of the node's 3014. `mitmdump --options` lists the others (`capture_…`,
`recorder_path`) with what they mean; the recorder must be installed where mitmproxy is.
"""

from recorder.proxy.addon import Recorder

addons = [Recorder()]
