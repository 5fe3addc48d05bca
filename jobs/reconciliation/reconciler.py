"""The part of Signalbox that reads unknown outcomes back."""

from portal.core.actors import Actor

RECONCILER = Actor.system("reconciler")
