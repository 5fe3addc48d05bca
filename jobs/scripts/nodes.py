"""Small looks into a syntax tree, without recursion."""

from tree_sitter import Node

_MOST_STEPS = 2000


def target_of(node: Node) -> Node:
    """Return what is written to, without what only wraps it and without a type in front."""
    for _ in range(_MOST_STEPS):
        if node.type == "cast_expression":
            node = node.children[-1]
        elif node.type in ("variable", "member_access", "element_access") or node.named_child_count != 1:
            return node
        else:
            node = node.named_children[0]
    return node


def variables_in(node: Node) -> list[Node]:
    """Return the variables inside, not looking deeply."""
    found, waiting = [], [node]
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        current = waiting.pop()
        if current.type == "variable":
            found.append(current)
        else:
            waiting += current.children[:50]
    return found
