"""A small manual in two languages and two versions, as files."""

from __future__ import annotations

from pathlib import Path

_EN = """---
title: Billing
lang: en
---

# Billing

Everything about invoices and what you pay for the service each month.

## How do I get a refund?

Open **Billing**, choose the invoice and press *Refund*. The money arrives within five working days.

## Download an invoice

Press the arrow beside the invoice; it is saved as a PDF file in your downloads folder.

## Overview

This section says nothing by itself, and its heading could stand on any page of the manual.
"""
_KO = """---
title: 결제
lang: ko
translation_of: en/billing.md
---

# 결제

매달 내는 요금과 청구서에 관한 모든 것을 이 페이지에서 설명합니다. 처음이라면 여기부터 읽으십시오.

## 환불은 어떻게 받나요?

**결제**를 열고 청구서를 고른 다음 *환불*을 누릅니다. 돈은 영업일 기준 닷새 안에 들어옵니다.

## 청구서 내려받기

청구서 옆의 화살표를 누르십시오. 파일은 PDF 형식으로 다운로드 폴더에 저장되며, 언제든 다시 받을 수 있습니다.

## 개요

이 절은 혼자서는 아무것도 말하지 않으며, 이런 제목은 설명서의 어느 페이지에나 있을 수 있는 제목입니다.
"""
_VERSION = """---
title: Storage limits
lang: en
version: {version}
---

# Storage limits

## Largest file size

In this release a single file that you upload may be up to {size} gigabytes large, whatever your plan is.
"""
_SHIPPING = """---
title: Shipping
lang: en
---

# Shipping

## Track a parcel

```sh
# not a heading of the page
parcel track E-4021
```

The tracking number stands in the mail that we send; follow it on the carrier's page until it arrives.

## Which carriers deliver abroad?

International shipments leave with the post, and express ones with a courier who needs a signature.
"""

DOCS = {
    "en/billing.md": _EN,
    "ko/billing.md": _KO,
    "v1/storage.md": _VERSION.format(version="v1", size=2),
    "v2/storage.md": _VERSION.format(version="v2", size=5),
    "en/shipping.md": _SHIPPING,
}


def write_docs(folder: Path) -> Path:
    for path, text in DOCS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder
