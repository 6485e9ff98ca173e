"""Databases of the existing system that differ from the documented schema, one kind a case (D52)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.support.servers.mariadb import MariaDB

STORE = Path(__file__).parents[2] / "store"
OWNER, TWO, LEADER, FOUR = 1, 2, 3, 4
LIVE = 2
"""The auction that is live in rows.sql: "Ring A" is on the block, and LEADER has bid 130."""


@dataclass(frozen=True, slots=True)
class Case:
    """`found` are the places that are told of; those with "!" would stop a sale.

    `refused` are the events of a sale that the tables do not take until they are mended.
    """

    change: str
    found: frozenset[str]
    refused: frozenset[str] = frozenset()
    mendable: bool = True
    leader: int = LEADER


def _case(
    change: str, *found: str, refused: str = "", mendable: bool = True, leader: int = LEADER
) -> Case:
    return Case(change, frozenset(found), frozenset(refused.split()), mendable, leader)


_DROP_KEYS_ONTO_USERS = """
    ALTER TABLE Auction_bids DROP FOREIGN KEY Auction_bids_user_id_fkey;
    ALTER TABLE Auction_comments DROP FOREIGN KEY Auction_comments_user_id_fkey;
    ALTER TABLE winnings DROP FOREIGN KEY winnings_user_id_fkey;
    ALTER TABLE Auction DROP FOREIGN KEY Auction_user_id_fkey;
    ALTER TABLE Auction DROP FOREIGN KEY Auction_winning_user_id_fkey;
"""

CASES = {
    "a name is NULL": _case(
        "ALTER TABLE users MODIFY name VARCHAR(191) NULL; UPDATE users SET name=NULL WHERE id=3",
        "users.name",
    ),
    "a number is NULL": _case(
        "ALTER TABLE users MODIFY number VARCHAR(191) NULL; UPDATE users SET number=NULL",
        "users.number",
    ),
    "a user's time is NULL": _case(
        "ALTER TABLE users MODIFY createdAt DATETIME(3) NULL; UPDATE users SET createdAt=NULL",
        "users.createdAt",
    ),
    "another member in a VARCHAR": _case(
        "ALTER TABLE users MODIFY type VARCHAR(191) NOT NULL; "
        "UPDATE users SET type='Admin' WHERE id=3; UPDATE users SET type='normal' WHERE id=4",
        "users.type",
    ),
    "another member in an ENUM": _case(
        "ALTER TABLE users MODIFY type ENUM('Normal','Expert','Admin') NOT NULL; "
        "UPDATE users SET type='Admin' WHERE id IN (1, 3)",
        "users.type",
    ),
    "an empty member": _case("SET sql_mode=''; UPDATE Auction SET type='nonsense'", "Auction.type"),
    "a zero date": _case(
        "SET sql_mode=''; UPDATE Auction SET expiryDate='0000-00-00 00:00:00'", "Auction.expiryDate"
    ),
    "a date without a month": _case(
        "SET sql_mode=''; UPDATE Auction SET expiryDate='2027-00-00', startDate='2027-01-00'",
        "Auction.expiryDate",
        "Auction.startDate",
    ),
    "a day that no month has": _case(
        "SET sql_mode='ALLOW_INVALID_DATES'; UPDATE users SET createdAt='2026-02-31'",
        "users.createdAt",
    ),
    "zero dates of bids and comments": _case(
        "SET sql_mode=''; UPDATE Auction_bids SET createdAt=0, updatedAt=0; "
        "UPDATE Auction_comments SET createdAt=0",
        *("Auction_bids.createdAt", "Auction_bids.updatedAt", "Auction_comments.createdAt"),
    ),
    "an auction of NULLs": _case(
        "ALTER TABLE Auction MODIFY title VARCHAR(191) NULL, MODIFY minBidPrice INT NULL, "
        "MODIFY isCanceled BOOLEAN NULL, MODIFY image_url VARCHAR(191) NULL; "
        "UPDATE Auction SET title=NULL, minBidPrice=NULL, isCanceled=NULL, image_url=NULL",
        *("Auction.title", "Auction.minBidPrice", "Auction.isCanceled", "Auction.image_url"),
    ),
    "a flag of another language": _case(
        "ALTER TABLE Auction MODIFY isLive INT NOT NULL DEFAULT 0; UPDATE Auction SET isLive=2 "
        "WHERE id=2",
        "Auction.isLive",
    ),
    "a larger price": _case(
        "ALTER TABLE Auction MODIFY actualPrice INT UNSIGNED NOT NULL; "
        "UPDATE Auction SET actualPrice=4000000000 WHERE id=2",
        "Auction.actualPrice",
    ),
    "a bid that is NULL": _case(
        "ALTER TABLE Auction_bids MODIFY bid INT NULL; "
        "INSERT INTO Auction_bids (auction_id,user_id,bid,updatedAt) VALUES (2,2,NULL,NOW(3))",
        "Auction_bids.bid!",
    ),
    "a larger bid in a BIGINT": _case(
        "ALTER TABLE Auction_bids MODIFY bid BIGINT NOT NULL; INSERT INTO Auction_bids "
        "(auction_id,user_id,bid,updatedAt) VALUES (2,2,3000000000,NOW(3))",
        "Auction_bids.bid!",
    ),
    "a larger bid in an INT UNSIGNED": _case(
        "ALTER TABLE Auction_bids MODIFY bid INT UNSIGNED NOT NULL; INSERT INTO Auction_bids "
        "(auction_id,user_id,bid,updatedAt) VALUES (2,2,4000000000,NOW(3))",
        "Auction_bids.bid!",
    ),
    "a bid of 0": _case(
        "INSERT INTO Auction_bids (auction_id,user_id,bid,updatedAt) VALUES (2,2,0,NOW(3))",
        "Auction_bids.bid!",
    ),
    "a comment that is NULL": _case(
        "ALTER TABLE Auction_comments MODIFY comment VARCHAR(191) NULL; "
        "UPDATE Auction_comments SET comment=NULL",
        "Auction_comments.comment",
    ),
    "a winning without a product": _case(
        "ALTER TABLE winnings MODIFY product VARCHAR(191) NULL; "
        "INSERT INTO winnings (user_id,auction_id,product,price,updatedAt) VALUES (2,2,NULL,5,NOW(3))",
        "winnings.product",
    ),
    "a winning without a price": _case(
        "ALTER TABLE winnings MODIFY price INT NULL; "
        "INSERT INTO winnings (user_id,auction_id,product,updatedAt) VALUES (2,2,'Pot',NOW(3))",
        "winnings.price",
        mendable=False,
    ),
    "a category without a name": _case(
        "ALTER TABLE categories MODIFY name VARCHAR(191) NULL; UPDATE categories SET name=NULL",
        "categories.name",
    ),
    "larger ids": _case(
        _DROP_KEYS_ONTO_USERS + "ALTER TABLE users MODIFY id BIGINT NOT NULL AUTO_INCREMENT; "
        "ALTER TABLE Auction_bids MODIFY user_id BIGINT NOT NULL, MODIFY id BIGINT NOT NULL "
        "AUTO_INCREMENT, AUTO_INCREMENT = 3000000000; ALTER TABLE winnings MODIFY user_id BIGINT "
        "NOT NULL; ALTER TABLE Auction MODIFY winning_user_id BIGINT; "
        "INSERT INTO users (id,name,number,updatedAt) VALUES (4000000000,'Late','+1',NOW(3)); "
        "INSERT INTO Auction_bids (auction_id,user_id,bid,updatedAt) VALUES (2,4000000000,135,NOW(3))",
        "users.id",
        mendable=False,  # the keys that would take the bid along are gone
        leader=4_000_000_000,
    ),
    "bids of a user who is gone": _case(
        "ALTER TABLE Auction_bids DROP FOREIGN KEY Auction_bids_user_id_fkey; "
        "DELETE FROM users WHERE id=3",
        "Auction_bids.user_id",
        leader=TWO,
    ),
    "users are a view": _case(
        "RENAME TABLE users TO people; CREATE VIEW users AS SELECT * FROM people",
        "users",
        mendable=False,
    ),
    "ids without a counter": _case(
        "ALTER TABLE Auction_bids MODIFY id INT NOT NULL", "Auction_bids.id!", refused="bid"
    ),
    "auctions without a counter": _case(
        "SET foreign_key_checks=0; ALTER TABLE Auction MODIFY id INT NOT NULL", "Auction.id"
    ),
    "another column of auctions": _case(
        "ALTER TABLE Auction ADD region VARCHAR(20) NOT NULL", "Auction.region"
    ),
    "another column of bids": _case(
        "ALTER TABLE Auction_bids ADD currency CHAR(3) NOT NULL",
        "Auction_bids.currency!",
        refused="bid",
    ),
    "another column of comments": _case(
        "ALTER TABLE Auction_comments ADD language CHAR(2) NOT NULL",
        "Auction_comments.language!",
        refused="comment",
    ),
    "another column of winnings": _case(
        "ALTER TABLE winnings ADD invoice INT NOT NULL", "winnings.invoice!", refused="award"
    ),
    "a key of another table holds bids": _case(
        "CREATE TABLE receipts (id INT PRIMARY KEY, bid_id INT NOT NULL, CONSTRAINT receipts_bid "
        "FOREIGN KEY (bid_id) REFERENCES Auction_bids (id)); INSERT INTO receipts VALUES (1, 2)",
        "Auction_bids!",
        refused="award",
    ),
    "a key of another table follows bids": _case(
        "CREATE TABLE receipts (id INT PRIMARY KEY, bid_id INT, CONSTRAINT receipts_bid FOREIGN KEY "
        "(bid_id) REFERENCES Auction_bids (id) ON DELETE SET NULL)",
        "Auction_bids",
        mendable=False,
    ),
    "one bid for each bidder": _case(
        "CREATE UNIQUE INDEX once ON Auction_bids (auction_id, user_id); "
        "INSERT INTO Auction_bids (auction_id,user_id,bid,updatedAt) VALUES (2,4,120,NOW(3))",
        "Auction_bids!",
        refused="bid",
    ),
    "a trigger": _case(
        "CREATE TRIGGER counted AFTER INSERT ON Auction_bids FOR EACH ROW SET @bids = 1",
        "Auction_bids",
        mendable=False,
    ),
    "bids without an index": _case(
        "ALTER TABLE Auction_bids DROP FOREIGN KEY Auction_bids_auction_id_fkey; "
        "ALTER TABLE Auction_bids DROP INDEX Auction_bids_auction_id_fkey",
        "Auction_bids.auction_id",
    ),
    "comments in a latin1 column": _case(
        "ALTER TABLE Auction_comments MODIFY comment VARCHAR(191) CHARACTER SET latin1 NOT NULL",
        "Auction_comments.comment!",
        refused="comment",
    ),
    "comments in a utf8mb3 column": _case(
        "ALTER TABLE Auction_comments MODIFY comment TEXT CHARACTER SET utf8mb3 NOT NULL",
        "Auction_comments.comment!",
        refused="comment",
    ),
    "comments in a latin1 table": _case(
        "ALTER TABLE Auction_comments CONVERT TO CHARACTER SET latin1",
        refused="comment",
        mendable=False,  # said of the table
    ),
}


@contextmanager
def database_of_others(mariadb: MariaDB, change: str = "") -> Iterator[str]:
    """The URL of a new database of the existing system with a live sale, changed by `change`."""
    mariadb.revive()
    name = f"others_{uuid4().hex}"
    url = mariadb.create_database(name)
    mariadb.sql((STORE / "prisma" / "prisma7.sql").read_text(), name)
    mariadb.sql(f"SET sql_mode=''; {(STORE / 'others' / 'rows.sql').read_text()}", name)
    if change:
        mariadb.sql(change, name)
    yield url
    mariadb.drop_database(name)
