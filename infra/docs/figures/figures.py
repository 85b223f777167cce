#!/usr/bin/env python3
"""Writes the figures of infra/docs as SVG, beside this file: python3 infra/docs/figures/figures.py"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # leave nothing but the figures in the checkout

from draw import Figure  # noqa: E402: after the line above

WIDTH = 960


def flow():
    f = Figure(
        "flow", WIDTH, 640, "One request: the tenant of the token becomes the session's tag and the table's key",
        "A user of tenant yellow sends a JWT to the shipment service, which passes it to the tracking service. The tracking "
        "service assumes TrackingAccessRole with the session tag TenantID=yellow, and reads DynamoDB with the key yellow. "
        "IAM compares the key with the tag.",
    )
    # left: who acts
    f.rect(24, 24, 270, 52, "panel")
    f.text(159, 55, "user of tenant yellow", 15, anchor="middle", bold=True)
    f.arrow(60, 76, 60, 140)
    f.text(76, 98, "GET /shipments/1001/eta", 13, mono=True)
    f.text(76, 121, "JWT, claim", 13, "soft")
    f.pill(156, 105, 150, "TenantID: yellow")

    f.rect(24, 140, 270, 80, "panel")
    f.text(40, 166, "shipment-service", 15, bold=True)
    f.lines(40, 187, ["verifies the token", "holds no AWS credentials"], 13, 19, ink="soft")
    f.arrow(60, 220, 60, 290)
    f.text(76, 242, "GetShippingETA", 13, mono=True)
    f.text(76, 267, "same JWT", 13, "soft")
    f.pill(156, 251, 150, "TenantID: yellow")

    f.rect(24, 290, 270, 330, "panel")
    f.text(40, 318, "tracking-service", 15, bold=True)
    for y, texts in [
        (344, ["verifies the token again", "runs as TrackingServiceRole,", "which may read no data"]),
        (424, ["keeps one session per tenant,", "shared by that tenant's requests"]),
        (484, ["takes the tenant from the token,", "once for the key, once for the", "credentials: no parameter of a", "request names a tenant"]),
    ]:
        f.lines(40, y, texts, 13, 20, ink="soft", room=250)

    # right: AWS
    f.rect(560, 290, 376, 108, "panel")
    f.text(576, 316, "STS", 15, bold=True)
    f.lines(576, 338, ["trust policy of TrackingAccessRole:", "only TrackingServiceRole, only with the one", "tag TenantID, which is not empty"],
            13, 19, ink="soft", room=352)
    f.arrow(294, 340, 560, 340)
    f.text(306, 306, "AssumeRole", 13, mono=True)
    f.text(306, 329, "session tag", 13, "soft")
    f.pill(392, 313, 150, "TenantID=yellow")
    f.arrow(560, 376, 294, 376)
    f.text(427, 394, "session of yellow, 1 hour", 13, "soft", "middle", room=250)

    f.rect(560, 422, 376, 198, "panel")
    f.text(576, 448, "DynamoDB, table TrackingData", 15, bold=True)
    f.arrow(294, 478, 560, 478)
    f.text(306, 444, "GetItem", 13, mono=True)
    f.text(306, 467, "key", 13, "soft")
    f.pill(392, 451, 150, "TenantID=yellow")
    f.lines(576, 470, ["IAM, permission policy: every key of the", "request must equal the session's tag"], 13, 19, ink="soft", room=352)
    for i, (tenant, shipment, good, why) in enumerate([
        ("yellow", "1001", True, "key = tag"), ("yellow", "1002", True, "key = tag"),
        ("blue", "1001", False, "AccessDeniedException"), ("blue", "2002", False, "AccessDeniedException"),
    ]):
        y = 506 + i * 26
        f.add(f'<rect x="576" y="{y}" width="150" height="22" class="{tenant}"/>')
        f.text(584, y + 16, tenant, 13, "on", mono=True, room=80)
        f.text(680, y + 16, shipment, 13, "on", mono=True, room=50)
        f.mark(738, y + 17, good)
        f.text(758, y + 16, why, 13, "good" if good else "bad", room=170)

    # the point of it
    f.rect(430, 24, 506, 130, "box", "edge", dash=True)
    f.text(450, 52, "The same name, three times", 15, bold=True)
    for i, (what, text) in enumerate([
        ("claim", "the issuer signed it; both services verify it"),
        ("tag", "STS seals it into the session"),
        ("key", "IAM compares it with the tag, before DynamoDB answers"),
    ]):
        y = 66 + i * 28
        f.pill(450, y, 60, what, mono=False)
        f.text(520, y + 17, text, 13, "ink", room=410)
    return f


def enforced():
    f = Figure(
        "enforced", WIDTH, 600, "What is enforced where, and what stands behind each layer",
        "Six layers from the token to the KMS key, what each enforces, and which layer catches a bug in it. The verification "
        "of the token in the tracking service is the only one that decides whose request it is; nothing stands behind it.",
    )
    f.text(24, 40, "Layer", 13, "soft", bold=True)
    f.text(274, 40, "What it enforces", 13, "soft", bold=True)
    f.text(640, 40, "If this layer has a bug", 13, "soft", bold=True)
    rows = [
        ("1", "JWT verification", "shipment-service", ["a request has a valid token,", "or it is answered 401"], "good",
         ["layer 2 verifies the same", "token again"]),
        ("2", "JWT verification", "tracking-service", ["the same; and it decides which", "tenant the request is for"], "bad",
         ["NOTHING stands behind it:", "the single layer"]),
        ("3", "key and credentials", "code of tracking-service", ["both are of the token's tenant;", "no parameter names a tenant"], "good",
         ["layer 5 refuses a key that is", "not the session's tag"]),
        ("4", "trust policy", "STS", ["only the tracking service, only with", "the one tag TenantID, not empty"], "part",
         ["a tag is missing: layer 5 refuses", "another role may assume: single"]),
        ("5", "permission policy", "IAM", ["key, index or prefix must be that", "of the session's tag"], "part",
         ["layer 3 asks for own keys only", "the session is stolen: single"]),
        ("6", "tag of the KMS key", "KMS, for objects in S3", ["it must equal the session's tag,", "and the request must come from S3"], "good",
         ["layer 5: the prefix must be", "that of the tag too"]),
    ]
    for i, (number, name, where, what, kind, behind) in enumerate(rows):
        y = 54 + i * 82
        fill, edge, ink = {
            "good": ("goodfill", "goodedge", "good"), "bad": ("badfill", "badedge", "bad"), "part": ("partfill", "yellowedge", "ink"),
        }[kind]
        f.rect(24, y, 912, 72, "panel", "badedge" if kind == "bad" else "edge")
        f.text(44, y + 44, number, 22, "soft", "middle", room=30)
        f.text(66, y + 32, name, 15, bold=True, room=200)
        f.text(66, y + 53, where, 13, "soft", room=200)
        f.lines(274, y + 32, what, 13, 20, room=350)
        f.rect(640, y + 8, 284, 56, fill, edge, r=6)
        f.lines(654, y + 32, behind, 13, 20, ink=ink, bold=kind == "bad", room=262)
    f.text(24, 572, "make prove attacks 1 and 2 with forged tokens, and mutates the files of 4, 5 and 6 to see that an attack would notice.", 13, "soft")
    return f


def reach():
    f = Figure(
        "reach", WIDTH, 566, "What a session of yellow can reach in each of the three stores",
        "A session of TrackingAccessRole with the tag TenantID=yellow reads yellow's partition in DynamoDB, yellow's index in "
        "OpenSearch, and yellow's prefix in S3 with yellow's KMS key. The same requests for blue are denied.",
    )
    f.rect(24, 20, 912, 60, "panel")
    f.text(40, 55, "A session of TrackingAccessRole with the tag", 15, bold=True)
    f.pill(434, 36, 170, "TenantID=yellow", size=14, h=28)
    f.text(618, 55, "One role, for every tenant.", 14, "soft")
    width, gap = 292, 18

    def panel(i, title, actions, compares):
        x = 24 + i * (width + gap)
        f.arrow(x + width / 2, 80, x + width / 2, 112)
        f.rect(x, 112, width, 380, "panel")
        f.text(x + 16, 140, title, 15, bold=True, room=width - 24)
        f.lines(x + 16, 162, actions, 12, 18, mono=True, ink="soft", room=width - 24)
        f.line(x + 16, 412, x + width - 16, 412)
        f.lines(x + 16, 434, compares, 13, 20, room=width - 24)
        return x

    x = panel(0, "DynamoDB: one pooled table", ["GetItem, BatchGetItem, Query"],
              ["every partition key of the", "request (LeadingKeys)", "must equal the tag"])
    f.rect(x + 16, 190, width - 32, 206, "box")
    f.text(x + 28, 212, "table TrackingData", 13, mono=True, room=230)
    for j, (tenant, shipment) in enumerate([("blue", "1001"), ("blue", "2002"), ("green", "1001"), ("yellow", "1001"), ("yellow", "1002")]):
        y = 224 + j * 32
        f.add(f'<rect x="{x + 28}" y="{y}" width="190" height="26" class="{tenant}"/>')
        f.text(x + 38, y + 18, tenant, 13, "on", mono=True, room=90)
        f.text(x + 140, y + 18, shipment, 13, "on", mono=True, room=60)
        f.mark(x + 234, y + 19, tenant == "yellow", 18)

    def holder(x, y, tenant, name, inside, good):
        f.rect(x + 16, y, width - 32, 98, "box", "goodedge" if good else "badedge")
        f.add(f'<rect x="{x + 24}" y="{y + 8}" width="8" height="82" rx="3" class="{tenant}"/>')
        f.text(x + 42, y + 26, name, 13, mono=True, bold=True, room=width - 90)
        f.lines(x + 42, y + 48, inside, 12, 18, ink="soft", mono=True, room=width - 84)
        f.mark(x + width - 42, y + 28, good, 20)

    x = panel(1, "OpenSearch: index per tenant", ["ESHttpGet"],
              ["the path must be the tag,", "“-shipments/_search”, and", "nothing else"])
    holder(x, 190, "blue", "blue-shipments", ["/_search"], False)
    holder(x, 298, "yellow", "yellow-shipments", ["/_search"], True)

    x = panel(2, "S3 and KMS: prefix and key", ["GetObject, Decrypt through S3"],
              ["the prefix must be the tag, and", "the tag of the KMS key must", "equal it too"])
    holder(x, 190, "blue", "blue/…", ["object blue/2002/bill", "KMS key of blue"], False)
    holder(x, 298, "yellow", "yellow/…", ["object yellow/1001/bill", "KMS key of yellow"], True)

    f.text(24, 522, "A session with the tag TenantID=blue has the same role and the same policies, and sees the mirror image:", 14)
    f.text(24, 545, "what is ✓ here is ✗ there. No statement of a policy names a tenant.", 14)
    return f


def methods():
    f = Figure(
        "methods-idea", WIDTH, 508, "Three ways to isolate tenants with IAM",
        "RBAC needs a role for each tenant and each kind of access. Dynamically generated policies need one role, and code that "
        "writes a session policy for each session. ABAC needs one role and one policy, and a session tag.",
    )
    width, gap = 292, 18
    columns = [
        ("RBAC", "a role per tenant", "roles × tenants", "a role and a policy",
         ["The policy names the tenant.", "Easy to read for three tenants.", "An account may have 1,000 roles,", "on request up to 5,000."]),
        ("Generated policies", "a policy text per session", "1 role, 1 broad policy", "nothing in IAM",
         ["Code writes the tenant into a", "session policy, at each AssumeRole.", "A bug in that code is a hole.", "2,048 characters at most."]),
        ("ABAC (this project)", "a tag per session", "1 role, 1 policy", "nothing in IAM",
         ["The policy compares the tag with", "the data: ${aws:PrincipalTag/…}.", "The same text for every tenant,", "so it can be reviewed and tested."]),
    ]
    tenants = ["yellow", "blue", "green"]
    for i, (name, what, objects, new, notes) in enumerate(columns):
        x = 24 + i * (width + gap)
        f.rect(x, 24, width, 460, "panel", "goodedge" if i == 2 else "edge")
        f.text(x + 16, 54, name, 17, bold=True, room=width - 24)
        f.text(x + 16, 76, what, 13, "soft", room=width - 24)
        for j, tenant in enumerate(tenants):
            y = 96 + j * 46
            if i == 0:
                f.pill(x + 16, y + 4, 76, tenant, tenant)
                f.arrow(x + 92, y + 16, x + 122, y + 16)
                f.rect(x + 122, y, 70, 32, "box", r=5)
                f.text(x + 157, y + 21, "role", 13, anchor="middle", room=66)
                f.add(f'<rect x="{x + 200}" y="{y}" width="76" height="32" rx="5" class="{tenant} edge"/>')
                f.text(x + 238, y + 21, "policy", 13, "on", anchor="middle", room=70)
            elif i == 1:
                f.pill(x + 16, y + 4, 76, tenant, tenant)
                f.add(f'<rect x="{x + 104}" y="{y}" width="80" height="32" rx="5" class="{tenant} edge dash"/>')
                f.text(x + 144, y + 21, "text", 13, "on", anchor="middle", room=70)
                f.line(x + 184, y + 16, x + 206, y + 16)
            else:
                f.pill(x + 16, y + 4, 76, tenant, tenant)
                f.text(x + 100, y + 21, "tag", 13, "soft", room=30)
                f.line(x + 126, y + 16, x + 146, y + 16)
        if i == 1:
            f.line(x + 206, 112, x + 206, 204)
            f.arrow(x + 206, 158, x + 222, 158)
            f.rect(x + 222, 132, 54, 52, "box", r=5)
            f.text(x + 249, 163, "role", 13, anchor="middle", room=50)
        if i == 2:
            f.line(x + 146, 112, x + 146, 204)
            f.arrow(x + 146, 158, x + 162, 158)
            f.rect(x + 162, 132, 50, 52, "box", r=5)
            f.text(x + 187, 163, "role", 13, anchor="middle", room=46)
            f.rect(x + 218, 132, 60, 52, "box", r=5)
            f.text(x + 248, 163, "policy", 13, anchor="middle", room=56)
        f.line(x + 16, 244, x + width - 16, 244)
        f.text(x + 16, 270, "IAM objects", 13, "soft", room=width - 24)
        f.text(x + 16, 292, objects, 15, bold=True, room=width - 24)
        f.text(x + 16, 322, "a new tenant needs", 13, "soft", room=width - 24)
        f.text(x + 16, 344, new, 15, "bad" if i == 0 else "good", bold=True, room=width - 24)
        f.line(x + 16, 364, x + width - 16, 364)
        f.lines(x + 16, 392, notes, 13, 24, room=width - 24)
    return f


def attack():
    f = Figure(
        "attack-row", WIDTH, 508, "How to read one row of make prove",
        "The row of the attack dynamodb/batch-get-mixed: its name, whether the attempt was denied, whether the control was "
        "allowed, which layer denied it, and which statement decided. Below it, the two requests that it stands for.",
    )
    f.rect(24, 24, 912, 120, "panel")
    for x, head, value, ink, note in [
        (40, "attack", ["dynamodb/batch-get-mixed"], "ink", ["group/name:", "what is tried"]),
        (244, "attempt", ["denied"], "bad", ["the attack,", "as it must end"]),
        (354, "control", ["allowed"], "good", ["its twin,", "as it must end"]),
        (464, "by", ["iam"], "ink", ["the layer", "that denied"]),
        (550, "decided", ["TrackingAccessRole/TrackingAccessPolicyDynamoDB", "ReadOwnPartition (Allow) did not apply:",
                          "ForAllValues:StringEquals dynamodb:LeadingKeys", "wants [yellow], the request has [yellow, blue]"],
         "ink", ["the policy statement that decided, and why", "(read from the decision log)"]),
    ]:
        f.text(x, 50, head, 13, "soft", mono=True, room=120)
        f.lines(x, 74, value, 13, 19, ink=ink, mono=True, bold=head != "decided", room=380)
        f.arrow(x + 30, 180, x + 30, 148)
        f.lines(x, 198, note, 13, 18, ink="soft", room=380)
    for y, name, second, good, answer, note in [
        (236, "attempt", "blue", False, "AccessDeniedException", "must be denied, by IAM and by nothing else"),
        (354, "control", "yellow", True, "200, answered", "must be allowed: else the denial shows nothing"),
    ]:
        f.rect(24, y, 912, 104, "panel", "goodedge" if good else "badedge")
        f.text(40, y + 30, name, 15, bold=True)
        f.text(40, y + 52, note, 13, "soft", room=360)
        f.text(40, y + 84, "session", 13, "soft")
        f.pill(100, y + 68, 150, "TenantID=yellow")
        f.text(270, y + 84, "BatchGetItem", 13, mono=True)
        f.text(384, y + 84, "keys", 13, "soft")
        f.pill(424, y + 68, 90, "yellow")
        f.pill(522, y + 68, 90, second, second)
        f.arrow(624, y + 80, 680, y + 80, "goodedge" if good else "badedge")
        f.text(692, y + 85, answer, 15, "good" if good else "bad", bold=True)
    f.text(24, 486, "The two requests differ in one thing: the second key.", 14)
    return f


def compose():
    f = Figure(
        "compose", WIDTH, 560, "Docker Compose: who reaches whom",
        "The network services holds the shipment service, the tracking task, devissuer, provision and localaws. The internal "
        "network upstream holds localaws and LocalStack or DynamoDB Local alone. The tracking service and its credentials "
        "sidecar share the network namespace of the tracking task.",
    )
    # this machine
    f.text(24, 40, "your machine,", 13, "soft")
    f.text(24, 58, "127.0.0.1", 13, "soft", mono=True)
    # networks
    f.rect(150, 24, 540, 512, "panel", dash=True)
    f.text(166, 48, "network “services”", 14, "soft", bold=True)
    f.rect(706, 250, 230, 286, "panel", dash=True)
    f.text(722, 276, "network “upstream”", 14, "soft", bold=True, room=200)
    f.text(722, 296, "internal: no way out of it", 13, "soft", room=200)

    f.rect(190, 66, 170, 56)
    f.text(275, 99, "shipment-service", 14, anchor="middle", bold=True, room=160)
    f.arrow(100, 94, 190, 94)
    f.lines(24, 90, ["8080", "9080 metrics"], 13, 18, mono=True, room=100)
    f.arrow(360, 94, 414, 94)

    f.rect(414, 62, 260, 176, "ground")
    f.text(428, 84, "tracking-task: one loopback", 13, bold=True, room=240)
    f.rect(428, 96, 180, 44)
    f.text(518, 123, "tracking-service", 14, anchor="middle", bold=True, room=160)
    f.arrow(480, 140, 480, 184)
    f.text(490, 158, "loopback 4567, with a", 12, "soft", room=200)
    f.text(490, 174, "token from a shared file", 12, "soft", room=200)
    f.rect(428, 184, 180, 44)
    f.text(518, 211, "tracking-credentials", 14, anchor="middle", bold=True, room=172)
    f.line(24 + 76, 150, 400, 150)
    f.arrow(400, 150, 414, 150)
    f.lines(24, 146, ["8081", "9081 metrics"], 13, 18, mono=True, room=100)

    f.rect(190, 270, 170, 50)
    f.text(275, 300, "devissuer", 14, anchor="middle", bold=True)
    f.arrow(100, 295, 190, 295)
    f.text(24, 299, "8082", 13, mono=True)
    f.lines(372, 284, ["its keys (JWKS) are read", "by both services"], 12, 17, ink="soft", room=160)

    f.rect(190, 350, 170, 50)
    f.text(275, 380, "provision", 14, anchor="middle", bold=True)
    f.lines(190, 416, ["roles, table and rows;", "brings them back"], 12, 17, ink="soft", room=200)
    f.line(360, 375, 560, 375)

    f.rect(540, 440, 260, 72, "box", "goodedge")
    f.text(670, 470, "localaws", 15, anchor="middle", bold=True)
    f.text(670, 492, "verifies, authorizes, logs", 13, "soft", "middle", room=240)
    f.arrow(560, 238, 560, 440)
    f.text(570, 262, "AWS API, signed", 12, "soft", room=110)
    f.arrow(100, 476, 540, 476)
    f.text(24, 480, "4566", 13, mono=True)
    f.text(300, 468, "AWS CLI, SDKs", 12, "soft", room=170)

    f.arrow(760, 440, 760, 376)
    f.rect(722, 312, 198, 64)
    f.text(821, 339, "LocalStack", 14, anchor="middle", bold=True, room=180)
    f.text(821, 360, "or DynamoDB Local", 13, "soft", "middle", room=180)
    f.lines(774, 400, ["no published port;", "evaluates no IAM"], 13, 18, ink="bad", room=160)
    return f


def account():
    f = Figure(
        "aws", WIDTH, 560, "What Terraform makes in an account",
        "A load balancer in public subnets. The shipment service, the tracking service, OpenSearch and interface endpoints in "
        "private subnets, each with a security group that admits only the one before it. STS, DynamoDB and S3 by endpoints, the "
        "issuer's keys through a NAT gateway. CloudTrail records the calls to table and bucket, and denials raise an alarm.",
    )
    f.text(24, 48, "caller with a JWT", 13, "soft", room=130)
    f.rect(150, 24, 570, 400, "panel", dash=True)
    f.text(166, 48, "VPC, two zones", 14, "soft", bold=True)

    f.rect(170, 66, 150, 56)
    f.text(245, 90, "load balancer", 14, anchor="middle", bold=True, room=140)
    f.text(245, 110, "public subnets, TLS", 12, "soft", "middle", room=140)
    f.arrow(90, 94, 170, 94)
    f.text(100, 86, "443", 12, mono=True, room=60)
    f.arrow(320, 94, 350, 94)
    f.rect(350, 62, 150, 64)
    f.text(425, 88, "shipment-service", 14, anchor="middle", bold=True, room=144)
    f.text(425, 110, "no rights in AWS", 12, "soft", "middle", room=140)
    f.arrow(500, 94, 530, 94)
    f.rect(530, 62, 170, 64, "box", "goodedge")
    f.text(615, 88, "tracking-service", 14, anchor="middle", bold=True, room=160)
    f.text(615, 110, "TrackingServiceRole", 12, "soft", "middle", mono=True, room=164)

    f.arrow(565, 126, 565, 190)
    f.rect(350, 190, 230, 60)
    f.text(465, 214, "interface endpoint of STS", 14, anchor="middle", bold=True, room=220)
    f.text(465, 236, "AssumeRole with the tag TenantID", 12, "soft", "middle", room=220)
    f.line(640, 126, 640, 318)
    f.text(650, 150, "as a", 12, "soft", room=66)
    f.text(650, 166, "session", 12, "soft", room=66)
    f.text(650, 182, "of yellow", 12, "soft", room=66)
    f.arrow(640, 318, 580, 318)
    f.rect(410, 290, 170, 56)
    f.text(495, 314, "OpenSearch", 14, anchor="middle", bold=True)
    f.text(495, 334, "an index per tenant", 12, "soft", "middle", room=160)
    f.arrow(640, 318, 640, 372)
    f.rect(550, 372, 150, 36)
    f.text(625, 395, "gateway endpoints", 13, anchor="middle", room=146)
    f.arrow(700, 390, 744, 390)

    f.rect(170, 290, 150, 56)
    f.text(245, 314, "NAT gateway", 14, anchor="middle", bold=True, room=140)
    f.text(245, 334, "public subnet", 12, "soft", "middle", room=140)
    f.line(425, 126, 425, 160)
    f.line(245, 160, 540, 160)
    f.line(540, 126, 540, 160)
    f.arrow(245, 160, 245, 290)
    f.text(254, 212, "keys (JWKS)", 12, "soft", room=90)
    f.arrow(170, 318, 110, 318)
    f.lines(24, 314, ["your issuer,", "or Cognito"], 13, 18, ink="soft", room=90)

    f.rect(744, 276, 204, 148, "panel")
    f.rect(756, 288, 180, 58)
    f.text(846, 312, "DynamoDB", 14, anchor="middle", bold=True)
    f.text(846, 332, "rows under the tenant's id", 12, "soft", "middle", room=186)
    f.rect(756, 356, 180, 58)
    f.text(846, 380, "S3", 14, anchor="middle", bold=True)
    f.text(846, 400, "a prefix, a KMS key each", 12, "soft", "middle", room=172)
    f.arrow(846, 424, 846, 470)
    f.rect(756, 470, 180, 60)
    f.text(846, 494, "CloudTrail", 14, anchor="middle", bold=True)
    f.text(846, 514, "each call, by session", 12, "soft", "middle", room=174)
    f.arrow(756, 500, 650, 500)
    f.rect(430, 470, 220, 60, "box", "badedge")
    f.text(540, 494, "alarm on AccessDenied", 14, anchor="middle", bold=True, room=212)
    f.text(540, 514, "but for the isolation check's", 12, "soft", "middle", room=200)
    f.rect(24, 470, 370, 60)
    f.text(40, 494, "ECS watches /readyz", 14, bold=True)
    f.text(40, 514, "a release without isolation is rolled back", 12, "soft", room=340)
    return f


if __name__ == "__main__":
    here = Path(__file__).parent
    for make in (flow, enforced, reach, methods, attack, compose, account):
        make().write(here)
