"""The network thread starts by itself, survives a fork and ends without a word."""

import os
import subprocess
import sys
import threading

import pytest

from hub.sdk import loop_thread
from hub.sdk.http import HttpClient

SCRIPT = """
import sys
from hub.sdk.http import AllowedAddresses, HttpClient
url = sys.argv[1]
allow = AllowedAddresses.parse([url.split("/")[2]])
kept = HttpClient(url, allow=allow)
print(kept.get("a").json())
HttpClient(url, allow=allow).get("b")
"""


def test_a_process_with_open_connections_ends_quietly(vendor, whole_answer):
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, vendor(whole_answer()).url],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "{}\n", "")


FORGETFUL = """
import sys, threading, time
from hub.sdk import loop_thread
from hub.sdk.http import AllowedAddresses, HttpClient
url = sys.argv[1]
shop = HttpClient(url, allow=AllowedAddresses.parse([url.split("/")[2]]))
shop.get("a")
busy = threading.Event()
loop_thread.loop().call_soon_threadsafe(lambda: busy.set() or time.sleep(0.1))
busy.wait()  # so that nothing of what follows is begun before we leave
del shop
"""


def test_a_client_forgotten_in_the_last_moment_is_hung_up_before_the_end(vendor, whole_answer):
    ended = subprocess.run(
        [sys.executable, "-c", FORGETFUL, vendor(whole_answer()).url],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")


# The warning is about forking with threads at all, which is what is tried here.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_makes_connections_of_its_own(vendor, client, whole_answer):
    heard = vendor(whole_answer())
    shop = client(heard.url, limits={"total": 5.0})
    shop.get("parent")
    child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if shop.get("child").status == 200 else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    shop.get("parent-again")
    assert heard.connections == 2
    assert [request.split(b" ")[1] for request in heard.requests] == [
        b"/parent", b"/child", b"/parent-again",
    ]  # fmt: skip


def test_a_call_from_the_network_thread_itself_is_refused_not_stuck(vendor, client, whole_answer):
    shop = client(vendor(whole_answer()).url)

    async def inside():
        return shop.get("orders")

    with pytest.raises(RuntimeError, match="from the network thread"):
        loop_thread.call(inside(), 1.0)


def test_all_clients_share_one_thread(vendor, client, whole_answer):
    url = vendor(whole_answer()).url
    for _ in range(3):
        client(url).get("orders")
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("hub-network") == 1


def test_a_forgotten_client_hangs_up(vendor, whole_answer):
    from hub.sdk.http import AllowedAddresses

    gone = threading.Event()

    def speak(connection, _):
        connection.sendall(whole_answer())
        if not connection.recv(1):
            gone.set()

    url = vendor(speak).url
    shop = HttpClient(url, allow=AllowedAddresses.parse([url.split("/")[2]]))
    shop.get("orders")
    del shop
    assert gone.wait(2.0)
